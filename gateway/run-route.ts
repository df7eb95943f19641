import type { Identity } from '../core/access/identity.ts';
import { guardArchive } from './archive-guard.ts';
import type { Identify, VerifiedKey } from './authentication.ts';
import { type Clock, secondsSince } from './clock.ts';
import { createEndingLatch } from './ending.ts';
import type { Emit, SessionFacts, SessionTarget, SessionTermination } from './events.ts';
import { forward, type Transfer } from './forward.ts';
import { message } from './message.ts';
import type { AccessIndexSource, RepositoryDialer, RepositorySession, RepositorySessionRequest } from './ports.ts';
import { RepositoryFault } from './repository-fault.ts';
import type { Route } from './route.ts';
import type { SessionLimits } from './session-limits.ts';
import type { SshChannel } from './ssh/connection.ts';
import type { WatchList } from './watch-list.ts';
import { createWatchedSession } from './watched-session.ts';

export type RunContext = {
  readonly source: AccessIndexSource;
  readonly identify: Identify;
  readonly dialer: RepositoryDialer;
  readonly watchList: WatchList;
  readonly limits: SessionLimits;
  readonly emit: Emit;
  readonly clock: Clock;
};

/** A decided session. */
type Run = {
  readonly key: VerifiedKey;
  readonly session: SessionFacts;
  readonly channel: SshChannel;
  readonly route: Route;
  readonly gitProtocol: string | undefined;
};

/** How long a user waits without a word. */
const noticeDelayMs = 2_000;

/**
 * Opens the link, forwards until git ends, and passes on its exit status; meanwhile the session is on the watch list.
 * Whatever ends it first (git, the client, the index, a limit, a fault) is its outcome. Never rejects.
 */
export async function runRoute(context: RunContext, run: Run): Promise<void> {
  const { source, identify, limits, emit, clock } = context;
  const { key, session, channel, route } = run;
  const target = targetOf(route);
  const startedAt = clock.steady();
  const latch = createEndingLatch();
  const givenUp = new AbortController();
  let link: RepositorySession | undefined;
  let transfer: Transfer | undefined;
  let exitStatus: number | undefined;

  const giveUp = (why: string): void => {
    link?.cancel(why);
    givenUp.abort(new Error(why));
  };
  const cutOff = (why: string): void => {
    try {
      channel.abort(1, message(`session ended: ${why}`));
    } finally {
      // git ends, whatever becomes of the client.
      giveUp(why);
    }
  };
  const terminate = (termination: SessionTermination, why: string): void => {
    if (latch.end(termination, { detail: why })) cutOff(why);
  };
  const wentWrong = `something went wrong on the server (correlation id ${session.correlationId})`;
  const fail = (cause: unknown): void => {
    latch.end('Fault', { detail: 'Unexpected', cause });
    cutOff(wentWrong);
  };
  const onClientLeft = (): void => {
    if (latch.end('ClientLeft')) giveUp('the client went away');
  };

  const unwatch = context.watchList.add(
    createWatchedSession({
      ...{ source, identify, limits, key, route, startedAt, terminate, fail },
      transfer: () => transfer,
    }),
  );
  channel.closed.addEventListener('abort', onClientLeft);
  const notice = setTimeout(() => channel.writeStderr(message('waiting for the repository…')), noticeDelayMs);
  try {
    if (channel.closed.aborted) onClientLeft();
    link = await context.dialer.open(requestOf(run, target), givenUp.signal);
    clearTimeout(notice);
    // It may have been given up in the moment between the link's opening and this line.
    if (givenUp.signal.aborted) link.cancel((givenUp.signal.reason as Error).message);
    link.onPushRefs = (refs) => emit({ type: 'RefsChanged', session, target, refs });
    transfer = forward(channel, link);
    if (route.verb === 'upload-archive') {
      channel.onData = guardArchive(channel.onData, (why) => terminate('BadRequest', why));
    }
    emit({ type: 'SessionStarted', session, target, seconds: secondsSince(clock, startedAt) });
    exitStatus = await transfer.ended;
    if (latch.end(exitStatus === 0 ? 'Completed' : 'Failed')) channel.exit(exitStatus);
  } catch (error) {
    const isKnown = error instanceof RepositoryFault;
    if (latch.end('Fault', { detail: isKnown ? error.code : 'Unexpected', cause: error })) {
      const told = isKnown ? `${error.message} (correlation id ${session.correlationId})` : wentWrong;
      channel.writeStderr(message(told));
      channel.exit(1);
    }
  } finally {
    clearTimeout(notice);
    unwatch();
    channel.closed.removeEventListener('abort', onClientLeft);
  }
  emit({
    type: 'SessionEnded',
    session,
    target,
    // Every way to this line has closed the latch.
    ...(latch.ending ?? { outcome: 'Fault' }),
    exitStatus: exitStatus ?? 1,
    bytesIn: transfer?.bytesIn ?? 0,
    bytesOut: transfer?.bytesOut ?? 0,
    seconds: secondsSince(clock, startedAt),
    ...(link?.push !== undefined && { push: link.push }),
  });
}

const targetOf = ({ verb, candidate, repository, rule }: Route): SessionTarget => {
  const { namespace, name, path, uid } = repository;
  return { identity: candidate.identity, repository: { namespace, name, path, uid }, verb, rule };
};

function requestOf({ session, route, gitProtocol }: Run, target: SessionTarget): RepositorySessionRequest {
  const { defaultBranch, description } = route.repository;
  return {
    correlationId: session.correlationId,
    repository: { ...target.repository, defaultBranch, ...(description !== undefined && { description }) },
    verb: route.verb,
    // A ticket is bounded: it carries what the verdict on refs needs, and nothing else.
    identity: narrowed(target.identity, route.repository.name),
    permission: route.verb === 'receive-pack' ? route.permission : { ...route.permission, refRules: [] },
    ...(gitProtocol !== undefined && { gitProtocol }),
  };
}

const narrowed = (identity: Identity, repository: string): Identity =>
  identity.kind === 'DeployKey' ? { ...identity, repositories: [repository] } : identity;
