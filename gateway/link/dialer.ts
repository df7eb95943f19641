import type { KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ticketKeyId } from '../../core/link/ticket.ts';
import type { LinkAddress } from '../../runtime/config/address.ts';
import type { RepositoryDialer, RepositorySession, RepositorySessionRequest } from '../ports.ts';
import { RepositoryFault } from '../repository-fault.ts';
import { type ControlLink, connectControlLink } from './control-link.ts';
import { openSession, RetryableFault } from './session.ts';

type RepositoryDialerOptions = {
  readonly address: LinkAddress;
  /** As the repository server calls itself; one that answers to another name is not used. */
  readonly podName: string;
  /** Ed25519, private; until another is given to `useSigningKey`. */
  readonly signingKey: KeyObject;
  readonly log: Logger;
  /** How long `open` waits for a server that restarts, in milliseconds. */
  readonly patience?: number;
};

/** The port that sessions use, and what its owner may change. */
type KeyedDialer = RepositoryDialer & {
  /** Signs tickets with this key from the next one on, on the connection that there is too. */
  useSigningKey(key: KeyObject): void;
};

/** It doubles from the first to the last. */
const firstPauseMs = 25;
const maxPauseMs = 500;

/**
 * Reaches one repository server over one control connection, which is made when it is first needed and again when it
 * broke. A request that failed before git ran is made anew, with a new ticket, while the server restarts.
 */
export function createRepositoryDialer(options: RepositoryDialerOptions): KeyedDialer {
  const { address, podName, log, patience = 5_000 } = options;
  let signer = asSigner(options.signingKey);
  const running = new Set<Promise<unknown>>();
  let connection: Promise<ControlLink> | undefined;
  let closed = false;
  let outage = false;

  /** The live control connection, or the one that is being made. */
  function connect(): Promise<ControlLink> {
    if (connection !== undefined) return connection;
    const made = connectControlLink(address, podName, (cause) => {
      connection = undefined;
      if (!closed) log.warn({ pod: podName, err: cause }, 'link to repository server lost');
    });
    connection = made;
    made.then(
      () => {
        outage = false;
        log.info({ pod: podName }, 'link to repository server made');
      },
      (cause: unknown) => {
        connection = undefined;
        // Each session tries several times: the first failure says it for all until there is a link again.
        if (!outage) log.warn({ pod: podName, err: cause }, 'repository server cannot be reached');
        outage = true;
      },
    );
    return made;
  }

  async function attempt(request: RepositorySessionRequest, signal: AbortSignal): Promise<RepositorySession> {
    const link = await untilAborted(connect(), signal).catch((cause: unknown) => {
      throw signal.aborted ? cancelled(signal) : new RetryableFault('Unreachable', { cause });
    });
    // Between its greeting and now, the connection may have broken.
    if (!link.alive) throw new RetryableFault('Unreachable');
    return openSession({ link, address, podName, ...signer }, request, signal);
  }

  return {
    useSigningKey(key) {
      signer = asSigner(key);
    },
    async open(request, signal) {
      const deadline = performance.now() + patience;
      for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, maxPauseMs)) {
        if (closed) throw new RepositoryFault('Unreachable');
        if (signal.aborted) throw cancelled(signal);
        try {
          const session = await attempt(request, signal);
          const end = session.ended.catch(() => {}).finally(() => running.delete(end));
          running.add(end);
          return session;
        } catch (fault) {
          if (!(fault instanceof RetryableFault) || performance.now() + pause > deadline) throw fault;
        }
        await sleep(pause, undefined, { signal }).catch(() => {});
      }
    },
    async close() {
      closed = true;
      while (running.size > 0) await Promise.all(running);
      const link = await connection?.catch(() => undefined);
      link?.destroy(new Error('closed'));
    },
  };
}

const asSigner = (signingKey: KeyObject) => ({ signingKey, keyId: ticketKeyId(signingKey) });

const cancelled = (signal: AbortSignal): RepositoryFault =>
  new RepositoryFault('Cancelled', { cause: signal.reason as unknown });

/** Leaves `promise` to those who still wait for it. */
function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as unknown);
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}
