import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { FailureCode, ServerMessage } from '../core/link/messages.ts';
import { dataGreetingLength } from '../core/link/preface.ts';
import type { SessionOrder } from '../core/link/ticket-content.ts';
import type { EventSink, SessionOutcome } from './events.ts';
import type { GitLauncher } from './git-launcher.ts';
import type { GitProcess } from './git-process.ts';
import type { ListBudget } from './list-budget.ts';
import { type Push, servePush } from './push.ts';
import type { ReadRefs } from './read-refs.ts';
import type { RepositoryStore } from './repository-store.ts';
import type { SessionPlace } from './session-queue.ts';
import { createStderrForwarder, type StderrForwarder } from './stderr-forwarder.ts';
import type { Writers } from './writers.ts';

/** One session, from its ticket to its last byte. */
export interface Session {
  /** The data connection is here; what it said so far is read. */
  attach(socket: Socket): void;
  grantStderr(bytes: number): void;
  /** The gateway has read everything. Repeatable. */
  finish(): void;
  /** A verdict that is still to come is no, then git's process group ends. Repeatable. */
  cancel(code: Extract<FailureCode, 'Cancelled' | 'ShuttingDown'>, reason: string): void;
  /** git has not been started: it can be asked for again elsewhere. */
  readonly waiting: boolean;
  /** Settles when git is gone and all connections are closed; never rejects. */
  readonly ended: Promise<void>;
}

export type SessionOptions = {
  /** The number that the gateway gave it. */
  readonly number: number;
  readonly order: SessionOrder;
  readonly place: SessionPlace;
  readonly store: RepositoryStore;
  readonly writers: Writers;
  readonly launch: GitLauncher;
  readonly readRefs: ReadRefs;
  /** Memory for the lists of refs of all pushes. */
  readonly lists: ListBudget;
  /** For the verdict on a push. */
  readonly judgementTimeMs: number;
  readonly send: (message: ServerMessage) => void;
  readonly onEvent: EventSink;
};

/** From `accepted` to the token on a data connection. */
const attachTimeoutMs = 10_000;

const spokeEarly = 'the data connection spoke before its time';

/** Why a session was given up: the code for the gateway, the message for people. */
class SessionFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function createSession({
  number,
  order,
  place,
  store,
  writers,
  launch,
  readRefs,
  lists,
  judgementTimeMs,
  send,
  onEvent,
}: SessionOptions): Session {
  const began = performance.now();
  const cancellation = new AbortController();
  const finished = Promise.withResolvers<void>();
  const attached = Promise.withResolvers<Socket>();
  let socket: Socket | undefined;
  let git: GitProcess | undefined;
  let stderr: StderrForwarder | undefined;
  let push: Push | undefined;

  const giveUp = (code: FailureCode, reason: string): void => cancellation.abort(new SessionFailure(code, reason));
  const attachTimer = setTimeout(() => giveUp('NoDataConnection', 'no data connection in time'), attachTimeoutMs);
  cancellation.signal.addEventListener('abort', () => {
    attached.reject(cancellation.signal.reason);
    stderr?.stop();
    git?.end();
    finished.resolve();
  });
  attached.promise.catch(() => {});

  /** Until git has it, the connection is watched: it must neither speak nor go away. */
  function watch(connection: Socket): () => void {
    const onData = (): void => giveUp('NoDataConnection', spokeEarly);
    const onGone = (): void => giveUp('NoDataConnection', 'the data connection went away');
    connection.on('data', onData).on('end', onGone).on('close', onGone);
    return () => connection.off('data', onData).off('end', onGone).off('close', onGone);
  }

  async function start(repository: string, connection: Socket): Promise<GitProcess> {
    const secret = randomBytes(16).toString('hex');
    const started = performance.now();
    const launched = launch(order, repository, secret, connection);
    const seconds = (performance.now() - started) / 1000;
    const child = await launched;
    onEvent({ type: 'GitSpawned', correlationId: order.correlationId, pid: child.pid, seconds });
    stderr = createStderrForwarder(child.stderr, (bytes) => send({ type: 'stderr', session: number, bytes }));
    if (order.verb === 'receive-pack') push = serve(child, repository, secret);
    else child.hook.destroy();
    return child;
  }

  function serve(child: GitProcess, repository: string, secret: string): Push {
    return servePush({
      order,
      repository,
      hook: child.hook,
      secret,
      judgementTimeMs,
      allowance: lists.open(),
      cancellation: cancellation.signal,
      readRefs,
      report: (report) => send({ type: 'push', session: number, report }),
      reportUnlisted: (refs) => send({ type: 'pushRefs', session: number, refs }),
      onTooSlow(message) {
        stderr?.say(`git-ingress: ${message}; nothing of it was kept\n`);
        child.end();
      },
      onEvent,
    });
  }

  async function run(): Promise<number> {
    const preparing = store.prepare(order.repository);
    preparing.catch(() => {});
    const connection = await attached.promise;
    const unwatch = watch(connection);
    await place.wait(cancellation.signal);
    const path = await preparing;
    const leave = order.verb === 'receive-pack' ? await writers.enter(order.repository.uid) : undefined;
    let exitStatus: number | undefined;
    try {
      cancellation.signal.throwIfAborted();
      unwatch();
      git = await start(path, connection);
      // Whoever gave up while it started found nothing to end.
      if (cancellation.signal.aborted) git.end();
      // What was read here would be missing there.
      if (connection.bytesRead !== dataGreetingLength) giveUp('NoDataConnection', spokeEarly);
      else send({ type: 'ready', session: number });
      exitStatus = await git.exited;
    } finally {
      leave?.(exitStatus === undefined || exitStatus > 128);
    }
    connection.end();
    await push?.settle(exitStatus);
    place.leaveProcess();
    if (!cancellation.signal.aborted) await stderr?.drain();
    return exitStatus;
  }

  async function live(): Promise<void> {
    let outcome: SessionOutcome;
    let details: { exitStatus?: number; reason?: string; cause?: unknown };
    try {
      const exitStatus = await run();
      send({ type: 'exit', session: number, exitStatus });
      const givenUp = cancellation.signal.aborted ? (cancellation.signal.reason as SessionFailure) : undefined;
      outcome = givenUp?.code ?? 'Exited';
      details = { exitStatus, ...(givenUp && { reason: givenUp.message }) };
    } catch (cause) {
      const givenUp = cause instanceof SessionFailure ? cause : undefined;
      outcome = givenUp?.code ?? 'ServerFault';
      details = givenUp ? { reason: givenUp.message } : { cause };
      const message = givenUp?.message ?? 'see the log of the repository server';
      send({ type: 'failed', session: number, code: outcome, message });
      finished.resolve();
    }
    clearTimeout(attachTimer);
    place.leaveProcess();
    const seconds = (performance.now() - began) / 1000;
    const { correlationId, verb, repository } = order;
    onEvent({ type: 'SessionEnded', correlationId, uid: repository.uid, verb, outcome, seconds, ...details });
    // Closing with unread input would reset the connection, and git's last words with it, before they are read.
    await finished.promise;
    socket?.destroy();
    place.leave();
  }

  const ended = live();
  return {
    attach(connection) {
      clearTimeout(attachTimer);
      socket = connection;
      connection.on('error', () => connection.destroy());
      if (cancellation.signal.aborted) connection.destroy();
      else attached.resolve(connection);
    },
    grantStderr: (bytes) => stderr?.grant(bytes),
    finish: () => finished.resolve(),
    cancel: giveUp,
    get waiting() {
      return git === undefined;
    },
    ended,
  };
}
