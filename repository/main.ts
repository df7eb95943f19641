import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { ticketKeyId } from '../core/link/ticket.ts';
import { aborted } from '../runtime/aborted.ts';
import { afterThisTurn } from '../runtime/after-this-turn.ts';
import { followChanges } from '../runtime/follow-changes.ts';
import { readLinkPublicKeys } from '../runtime/link-key-file.ts';
import { createEventLog } from './event-log.ts';
import type { RepositoryServerEvent } from './events.ts';
import { limitMemory } from './memory-limit.ts';
import { createEventMetrics } from './metrics.ts';
import { createRepositoryServer, type RepositoryServerOptions } from './server.ts';

type RepositoryOptions = Omit<RepositoryServerOptions, 'onEvent' | 'linkPublicKeys'> & {
  /** The file with gateways' public keys, which is read again while it runs. */
  readonly linkKeys: string;
  /** In milliseconds, for sessions that run when the end is asked for. */
  readonly gracePeriod: number;
  /** Bytes of private memory for each git; 0: no bound. Holds for this process too. */
  readonly maxGitMemory: number;
  readonly log: Logger;
  readonly registry: Registry;
};

/**
 * Runs a repository server until `drain` is aborted and its sessions have ended, the grace period is over, or `stop` is
 * aborted. Throws a `StartupError` if it cannot start; `onListening` is told when it has.
 */
export async function runRepository(
  options: RepositoryOptions,
  drain: AbortSignal,
  stop: AbortSignal,
  onListening: (address: RepositoryServerOptions['listen']) => void,
): Promise<void> {
  const { gracePeriod, maxGitMemory, linkKeys, log, registry, ...serverOptions } = options;
  limitMemory(maxGitMemory);
  const writeLog = createEventLog(log);
  const count = createEventMetrics(registry);
  const onEvent = afterThisTurn((event: RepositoryServerEvent) => {
    writeLog(event);
    count(event);
  });
  const linkPublicKeys = await readLinkPublicKeys(linkKeys);
  const server = await createRepositoryServer({ ...serverOptions, linkPublicKeys, onEvent });
  onListening(server.address);
  const ended = new AbortController();
  const following = followChanges({
    first: linkPublicKeys,
    read: () => readLinkPublicKeys(linkKeys),
    idOf: (keys) => keys.map(ticketKeyId).join(),
    onChange: (keys) => server.useLinkKeys(keys),
    onFault: (cause) => onEvent({ type: 'LinkKeysNotRead', cause }),
    signal: ended.signal,
  });

  await aborted(AbortSignal.any([drain, stop]));
  const graceEnds = AbortSignal.any([stop, AbortSignal.timeout(gracePeriod)]);
  await Promise.race([server.close(), aborted(graceEnds)]);
  await server.destroy();
  ended.abort();
  await following;
}
