import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import { type ReconcileResult, runController } from '../../kubernetes/controller.ts';
import type { ControllerMetrics } from '../../kubernetes/controller-metrics.ts';
import type { EventRecorder } from '../../kubernetes/event-recorder.ts';
import { type Reflector, startReflector } from '../../kubernetes/reflector.ts';
import type { ObjectName, ResourceType } from '../../kubernetes/resource-type.ts';
import type { RestClient } from '../../kubernetes/rest-client.ts';
import { readServerTime } from '../../kubernetes/server-clock.ts';
import { createStore } from '../../kubernetes/store.ts';
import { createWorkQueue } from '../../kubernetes/work-queue.ts';
import type { QueueMetrics } from '../../kubernetes/work-queue-metrics.ts';
import { carryOut, type KeyPlaces } from './carry-out.ts';
import { createKeyEvents, type KeyEvents } from './key-events.ts';
import { createKeyMetrics } from './key-metrics.ts';
import {
  configMapType,
  type KeySecret,
  labelsOf,
  type PublishedKeys,
  readPublishedKeys,
  readSecret,
  secretType,
} from './key-objects.ts';
import type { KeyPlan } from './key-plan.ts';
import { planHostKeys } from './plan-host-keys.ts';
import { planLinkKeys } from './plan-link-keys.ts';

type KeyControllerOptions = {
  readonly client: ApiClient;
  readonly rest: RestClient;
  /** The release's. */
  readonly namespace: string;
  readonly release: string;
  /** `HOST` or `HOST:PORT`, as clients reach the gateways. */
  readonly hostNames: readonly string[];
  /** The name of a Secret with the administrator's own host keys, which is only read. */
  readonly givenHostKeys?: string;
  /** How long the kubelets may take to bring a changed Secret or ConfigMap to every pod. */
  readonly rotationDelayMs?: number;
  readonly events: EventRecorder;
  readonly log: Logger;
  readonly registry: Registry;
  readonly queueMetrics: QueueMetrics;
  readonly controllerMetrics: ControllerMetrics;
  readonly isLeader: () => boolean;
  readonly signal: AbortSignal;
};

/** A Secret that is looked after, with the ConfigMap beside it. */
type KeySet = KeyPlaces & {
  readonly plan: (secret: KeySecret | undefined, published: PublishedKeys | undefined, now: number) => KeyPlan;
  readonly tell: KeyEvents;
};

const name = 'keys';
/** The kubelet looks every minute at what it has mounted, and its cache may be as old again: two minutes, and some more. */
const defaultRotationDelayMs = 300_000;
const resyncMs = 600_000;
/** A tool that undoes what we write shall not make us write without end. */
const rateLimit = { perSecond: 1, burst: 20 };
/** A key made, published, and the like: there are never so many steps without a pause. */
const maxSteps = 10;

/**
 * Sees to it that there are host keys and link keys, that their public halves are published, and that the link keys are
 * rotated when somebody asks. `closed` resolves when the signal has ended it.
 */
export function startKeyController(options: KeyControllerOptions): { readonly closed: Promise<void> } {
  const { client, rest, namespace, log, isLeader, signal } = options;
  const metrics = createKeyMetrics(options.registry);
  const queue = createWorkQueue({ rateLimit, observer: options.queueMetrics(name) });
  const sets = new Map(buildKeySets(options).map((set) => [set.secret.name, set]));

  async function reconcile(key: string, deadline: AbortSignal): Promise<ReconcileResult | undefined> {
    const set = sets.get(key);
    if (set === undefined) return undefined;
    for (let step = 0; step < maxSteps; step++) {
      const [secret, published] = await Promise.all([
        readSecret(client, set.secret, deadline),
        readPublishedKeys(client, set.configMap, deadline),
      ]);
      // After both: what they say has been so at this time.
      const plan = set.plan(secret, published, await readServerTime(rest, { signal: deadline }));
      metrics.onUsable(key, plan.type !== 'Refuse');
      if (plan.type === 'Wait' || plan.type === 'Rest') metrics.onRotating(key, plan.type === 'Wait');
      if (plan.type === 'Wait') return { requeueAfterMs: Math.min(plan.ms, resyncMs) };
      if (plan.type === 'Refuse') set.tell.onProblem(plan.problem, secret);
      if (plan.type === 'Refuse' || plan.type === 'Rest') return { requeueAfterMs: resyncMs };
      if (!isLeader()) return undefined;
      await carryOut(client, set, plan, { secret, published }, deadline);
      set.tell.onAction(plan, secret);
    }
    throw new Error('somebody else changes the keys again and again');
  }

  /** Looks after the key set whenever an object changes. Nothing is kept of it: plans read it anew. */
  function follow(type: ResourceType, object: ObjectName, key: string): Reflector {
    const sink = createStore<undefined>({ log });
    sink.subscribe(() => void queue.add(key));
    const fieldSelector = `metadata.name=${object.name}`;
    return startReflector<undefined>({
      client,
      type,
      namespace,
      fieldSelector,
      sink,
      transform: () => undefined,
      log,
      signal,
    });
  }

  const reflectors = [...sets].flatMap(([key, { secret, configMap }]) => [
    follow(secretType, secret, key),
    follow(configMapType, configMap, key),
  ]);
  for (const key of sets.keys()) queue.add(key);
  const running = runController({
    name,
    queue,
    workers: 1,
    reconcile,
    log,
    metrics: options.controllerMetrics,
    signal,
  });
  return { closed: Promise.all([running, ...reflectors.map(({ closed }) => closed)]).then(() => undefined) };
}

function buildKeySets(options: KeyControllerOptions): readonly KeySet[] {
  const {
    namespace,
    release,
    hostNames,
    givenHostKeys,
    events,
    rotationDelayMs: delayMs = defaultRotationDelayMs,
  } = options;
  const log = options.log.child({ controller: name });
  const labels = labelsOf(release);
  const build = (secretName: string, configMapName: string, plan: KeySet['plan']): KeySet => {
    const secret = { namespace, name: secretName };
    return {
      secret,
      configMap: { namespace, name: configMapName },
      labels,
      plan,
      tell: createKeyEvents(log, events, secret),
    };
  };
  const isGiven = givenHostKeys !== undefined;
  return [
    build(givenHostKeys ?? `${release}-host-keys`, `${release}-known-hosts`, (secret, knownHosts) =>
      planHostKeys({ secret, isGiven, knownHosts, hostNames }),
    ),
    build(`${release}-link-keys`, `${release}-link-keys`, (secret, published, now) =>
      planLinkKeys({ secret, published, now, delayMs }),
    ),
  ];
}
