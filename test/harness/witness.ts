import { pino } from 'pino';
import { systemClock } from '../../gateway/clock.ts';
import { startClusterIndex } from '../../gateway/cluster/index-source.ts';
import { releaseNamespace } from './cluster.ts';
import { connect } from './connect.ts';
import type { Scope } from './server-process.ts';
import { accessOf, type Login } from './stored-index.ts';

/** What a gateway that served all the while would have let somebody do, at one moment or another. */
export type Witness = {
  /** What `accessOf` gives for any revision that was taken up. */
  readonly granted: ReadonlySet<string>;
  /** For the revision in use. */
  readonly now: ReadonlySet<string>;
  readonly revisions: number;
};

/** Follows the index by the gateway's own code, and asks of each revision for every login and path. */
export function startWitness(
  scope: Scope,
  kubeconfig: string,
  questions: { readonly logins: Readonly<Record<string, Login>>; readonly paths: readonly string[] },
): Witness {
  const ending = new AbortController();
  const source = startClusterIndex({
    client: connect(scope, kubeconfig).client,
    namespace: releaseNamespace,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    signal: ending.signal,
  });
  const granted = new Set<string>();
  let now: ReadonlySet<string> = new Set();
  let revisions = 0;
  source.subscribe((index) => {
    revisions += 1;
    now = new Set(accessOf(index, questions.logins, questions.paths));
    for (const each of now) granted.add(each);
  });
  scope.after(async () => {
    ending.abort();
    await source.closed;
  });
  return {
    granted,
    get now() {
      return now;
    },
    get revisions() {
      return revisions;
    },
  };
}
