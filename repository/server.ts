import { type KeyObject, randomBytes } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { formatIdentity } from '../core/access/identity.ts';
import { tokenLength } from '../core/link/preface.ts';
import { ticketKeyId } from '../core/link/ticket.ts';
import { formatAddress, type LinkAddress } from '../runtime/config/address.ts';
import { type ControlConnection, type ControlConnectionOptions, serveControlConnection } from './control-connection.ts';
import { openFolder } from './data-folder.ts';
import type { EventSink } from './events.ts';
import { lockFolder } from './folder-lock.ts';
import { buildGitEnvironment, plainEnvironment } from './git-environment.ts';
import { createGitLauncher } from './git-launcher.ts';
import { checkGitVersion } from './git-version.ts';
import { endLeftovers } from './leftovers.ts';
import { createListBudget } from './list-budget.ts';
import { claimAddress, listen } from './listener.ts';
import { createReadRefs } from './read-refs.ts';
import { receive } from './reception.ts';
import { createRepositoryStore } from './repository-store.ts';
import { createSession, type Session } from './session.ts';
import { createSessionQueue } from './session-queue.ts';
import { createWriters } from './writers.ts';

export type RepositoryServerOptions = {
  readonly listen: LinkAddress;
  /** Made if need be; holds `repositories/`. */
  readonly dataDir: string;
  /** What tickets call this server. */
  readonly podName: string;
  /** Ed25519 keys of gateways, until others are given to `useLinkKeys`. */
  readonly linkPublicKeys: readonly KeyObject[];
  /** git processes at once; more sessions wait. */
  readonly maxSessions: number;
  readonly maxQueued: number;
  /** In bytes of one push's pack; 0, the default: as large as the disk takes. */
  readonly maxPushBytes?: number;
  /** For the verdict on a push; default: a minute. */
  readonly judgementTimeMs?: number;
  /** Folder of the hooks; default: ours. */
  readonly hooksDir?: string;
  readonly git?: string;
  readonly onEvent: EventSink;
};

export interface RepositoryServer {
  /** Where it listens, with the real port. */
  readonly address: LinkAddress;
  /** Honours tickets of these keys and no others, on the connections that there are too. What runs, runs on. */
  useLinkKeys(publicKeys: readonly KeyObject[]): void;
  /** No new sessions; resolves when those that run have ended. */
  close(): Promise<void>;
  /** Ends all sessions as a cancel does; resolves when every git is gone. Repeatable. */
  destroy(): Promise<void>;
}

const defaultJudgementTimeMs = 60_000;
const maxLinks = 64;
/** Beyond sessions and links: connections that have not yet said what they are. */
const maxGreeting = 256;

/**
 * Starts a repository server. Throws a `StartupError` when git is missing or too old, the data folder in use or not
 * usable, or the address not to be had.
 */
export async function createRepositoryServer(options: RepositoryServerOptions): Promise<RepositoryServer> {
  const { podName, maxSessions, maxQueued, onEvent, git = 'git' } = options;
  const gitVersion = await checkGitVersion(git, plainEnvironment);
  await openFolder(options.dataDir);
  // One name for one folder, by which its processes are found again.
  const dataDir = await realpath(options.dataDir);
  using starting = new DisposableStack();
  starting.use(lockFolder(dataDir));
  const environment = buildGitEnvironment(dataDir);
  await claimAddress(options.listen);
  const processes = await endLeftovers(dataDir);
  if (processes > 0) onEvent({ type: 'LeftoversEnded', processes });

  const store = await createRepositoryStore({ dataDir, git, environment, onEvent });
  const writers = createWriters((uid) => store.clean(uid));
  const launch = createGitLauncher({
    git,
    environment,
    hooksDir: options.hooksDir ?? fileURLToPath(new URL('./hooks', import.meta.url)),
    limits: { packThreads: Math.min(4, availableParallelism()), maxPushBytes: options.maxPushBytes ?? 0 },
  });
  const readRefs = createReadRefs({ git, environment });
  const lists = createListBudget();
  const judgementTimeMs = options.judgementTimeMs ?? defaultJudgementTimeMs;
  const queue = createSessionQueue({ maxRunning: maxSessions, maxQueued }, (queued, running) =>
    onEvent({ type: 'QueueChanged', queued, running }),
  );
  let keys = byKeyId(options.linkPublicKeys);
  const links = new Set<ControlConnection>();
  const sessions = new Set<Session>();
  /** Sessions whose data connection has not come, by the token that it will bring. */
  const awaited = new Map<string, Session>();
  let linksSeen = 0;
  let closing = false;

  const admit: ControlConnectionOptions['admit'] = (number, order, send) => {
    if (closing) return 'ShuttingDown';
    const place = queue.enter(formatIdentity(order.identity));
    if (place === undefined) return 'Busy';
    const services = { store, writers, launch, readRefs, lists, judgementTimeMs, onEvent };
    const session = createSession({ number, order, place, send, ...services });
    const token = randomBytes(tokenLength).toString('base64url');
    sessions.add(session);
    awaited.set(token, session);
    void session.ended.then(() => {
      sessions.delete(session);
      awaited.delete(token);
    });
    return { session, token };
  };

  function openLink(socket: Socket, rest: Buffer): void {
    if (links.size >= maxLinks) {
      socket.destroy();
      onEvent({ type: 'ConnectionRefused', reason: 'TooMany' });
      return;
    }
    linksSeen += 1;
    const link = serveControlConnection({
      socket,
      link: linksSeen,
      podName,
      keyOf: (keyId) => keys.get(keyId),
      admit,
      onEvent,
    });
    links.add(link);
    socket.once('close', () => links.delete(link));
    if (rest.length > 0) link.push(rest);
  }

  const server = await listen(options.listen, maxLinks + maxSessions + maxQueued + maxGreeting, (socket) =>
    receive(socket, {
      onControl: openLink,
      onData(connection, token) {
        const session = awaited.get(token);
        awaited.delete(token);
        session?.attach(connection);
        return session !== undefined;
      },
      onRefused: (reason) => onEvent({ type: 'ConnectionRefused', reason }),
    }),
  );
  server.on('drop', () => onEvent({ type: 'ConnectionRefused', reason: 'TooMany' }));
  const address = 'path' in options.listen ? options.listen : boundAddress(server.address() as AddressInfo);
  onEvent({ type: 'Listening', address: formatAddress(address), gitVersion });
  const lock = starting.move();

  async function allEnded(): Promise<void> {
    while (sessions.size > 0) await Promise.all([...sessions].map((session) => session.ended));
    for (const link of links) link.destroy('ShuttingDown');
    server.close();
    lock.dispose();
  }

  return {
    address,
    useLinkKeys(publicKeys) {
      keys = byKeyId(publicKeys);
      onEvent({ type: 'LinkKeysChanged', keyIds: [...keys.keys()] });
    },
    close() {
      if (!closing) onEvent({ type: 'Draining' });
      closing = true;
      for (const session of sessions)
        if (session.waiting) session.cancel('ShuttingDown', 'the repository server is about to end');
      return allEnded();
    },
    destroy() {
      closing = true;
      for (const session of sessions) session.cancel('ShuttingDown', 'the repository server ends');
      return allEnded();
    },
  };
}

const byKeyId = (keys: readonly KeyObject[]): ReadonlyMap<string, KeyObject> =>
  new Map(keys.map((key) => [ticketKeyId(key), key]));

const boundAddress = ({ address, port }: AddressInfo): LinkAddress => ({ host: address, port });
