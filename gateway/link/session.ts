import type { KeyObject } from 'node:crypto';
import { type FailureCode, failureCodes } from '../../core/link/messages.ts';
import { buildDataGreeting } from '../../core/link/preface.ts';
import type { PushReport } from '../../core/link/push-report.ts';
import { signTicket } from '../../core/link/ticket.ts';
import type { LinkAddress } from '../../runtime/config/address.ts';
import type { RepositorySession, RepositorySessionRequest } from '../ports.ts';
import { RepositoryFault, type RepositoryFaultCode } from '../repository-fault.ts';
import type { ControlLink, SessionMessage } from './control-link.ts';
import { connectData } from './data-connection.ts';
import { createStderrQueue } from './stderr-queue.ts';

export type SessionOptions = {
  readonly link: ControlLink;
  readonly address: LinkAddress;
  readonly podName: string;
  readonly signingKey: KeyObject;
  readonly keyId: string;
};

/** Thrown where git never ran, so that the request may be made again with another ticket. */
export class RetryableFault extends RepositoryFault {}

/** For the server to end git after a cancel: its SIGTERM, two seconds, its SIGKILL. */
const cancelTimeoutMs = 10_000;

/**
 * Asks for one session on one control connection: the ticket goes out while the data connection is being made, the
 * server's token joins both. Rejects with a `RepositoryFault`.
 */
export function openSession(
  { link, address, podName, signingKey, keyId }: SessionOptions,
  order: RepositorySessionRequest,
  signal: AbortSignal,
): Promise<RepositorySession> {
  const opened = Promise.withResolvers<RepositorySession>();
  const ended = Promise.withResolvers<number>();
  ended.promise.catch(() => {}); // Whoever does not wait for the end is not told how it was.
  let state: 'Asked' | 'Ready' | 'Running' | 'Ended' = 'Asked';
  let cancelTimer: NodeJS.Timeout | undefined;
  let dataEnd: 'Open' | 'Whole' | 'Broken' = 'Open';
  let exitStatus: number | undefined;
  let push: PushReport | undefined;
  let greeted = false;

  const number = link.add({ onMessage, onLost });
  const stderr = createStderrQueue(
    (bytes) => session.onStderr(bytes),
    (bytes) => link.send({ type: 'stderrCredit', session: number, bytes }),
  );
  const data = connectData(address, {
    onData: (bytes) => session.onData(bytes),
    onDrain: () => session.onDrain(),
    onEnd() {
      dataEnd = 'Whole';
      session.onEnd();
      finishIfComplete();
    },
    onError: onBroken,
  });

  const session: RepositorySession = {
    onData: () => true,
    onEnd: () => {},
    onDrain: () => {},
    onStderr: () => true,
    onPushRefs: () => {},
    resume: () => data.resume(),
    write: (bytes, onWritten) => data.write(bytes, onWritten),
    end: () => data.end(),
    resumeStderr() {
      if (state !== 'Running') return;
      stderr.resume();
      finishIfComplete();
    },
    ended: ended.promise,
    get push() {
      return push;
    },
    cancel(reason) {
      if (state === 'Ended' || cancelTimer !== undefined) return;
      // Before the data connection closes: git must not take its end for the client's.
      sendCancel(reason);
      data.destroy();
      dataEnd = 'Broken';
      cancelTimer = setTimeout(() => fail(new RepositoryFault('Lost')), cancelTimeoutMs);
      finishIfComplete();
    },
  };

  function sendCancel(reason: string): void {
    link.send({ type: 'cancel', session: number, reason: reason.slice(0, 1024) });
  }

  function finish(): void {
    state = 'Ended';
    clearTimeout(cancelTimer);
    signal.removeEventListener('abort', onAbort);
    link.remove(number);
    data.destroy();
  }

  function fail(fault: RepositoryFault): void {
    if (state === 'Ended') return;
    finish();
    opened.reject(fault);
    ended.reject(fault);
  }

  function finishIfComplete(): void {
    if (state !== 'Running' || exitStatus === undefined) return;
    const cancelled = cancelTimer !== undefined;
    if (!cancelled && (dataEnd === 'Open' || !stderr.empty)) return;
    link.send({ type: 'done', session: number });
    // git was content, and yet its output may have been cut: no success may be reported.
    if (!cancelled && dataEnd === 'Broken' && exitStatus === 0) {
      fail(new RepositoryFault('Lost'));
      return;
    }
    finish();
    ended.resolve(exitStatus);
  }

  function onMessage(message: SessionMessage): void {
    switch (message.type) {
      case 'accepted':
        greeted = true;
        data.greet(buildDataGreeting(message.token));
        break;
      case 'ready':
        onReady();
        break;
      case 'stderr':
        if (cancelTimer === undefined && !stderr.push(message.bytes))
          link.destroy(new Error('stderr beyond its credit'));
        break;
      case 'push':
        push = message.report;
        break;
      case 'pushRefs':
        session.onPushRefs(message.refs);
        break;
      case 'exit':
        exitStatus = message.exitStatus;
        finishIfComplete();
        break;
      case 'failed':
        fail(buildFault(message.code, message.message));
        break;
    }
  }

  function onReady(): void {
    if (state !== 'Asked') return;
    state = 'Ready';
    signal.removeEventListener('abort', onAbort);
    opened.resolve(session);
    // After everybody who waits for this promise has set the callbacks.
    setImmediate(() => {
      if (state !== 'Ready') return;
      state = 'Running';
      data.start();
      session.resumeStderr();
    });
  }

  function onBroken(cause: Error): void {
    // Once the server knows this connection, it says itself, and better, why it closed it.
    if (state === 'Asked' && greeted) return;
    if (state === 'Asked') {
      sendCancel('the data connection broke');
      fail(new RetryableFault('Unreachable', { cause }));
      return;
    }
    dataEnd = 'Broken';
    finishIfComplete();
  }

  function onLost(cause: Error): void {
    if (state === 'Asked') fail(new RetryableFault('Unreachable', { cause }));
    // Once the exit status is known all was said; what remains of the data is on its own connection.
    else if (exitStatus === undefined) fail(new RepositoryFault('Lost', { cause }));
  }

  function onAbort(): void {
    const cause: unknown = signal.reason;
    sendCancel(cause instanceof Error ? cause.message : 'given up');
    fail(new RepositoryFault('Cancelled', { cause }));
  }

  const ticket = signTicket({ nonce: link.nonce, counter: number, pod: podName, order }, signingKey, keyId);
  if (ticket.ok) {
    const { bytes, signature } = ticket.value;
    // Before the ticket goes out: its sending may already show that the link is lost.
    signal.addEventListener('abort', onAbort, { once: true });
    link.send({ type: 'open', session: number, keyId, signature: signature.toString('base64url'), bytes });
  } else {
    fail(new RepositoryFault('Failed', { message: 'this repository has more rules than a session can carry' }));
  }
  return opened.promise;
}

const faultCodes: Readonly<Record<FailureCode, RepositoryFaultCode>> = {
  TicketRefused: 'Rejected',
  Busy: 'Busy',
  ShuttingDown: 'Unreachable',
  NoDataConnection: 'Unreachable',
  ServerFault: 'Failed',
  Cancelled: 'Cancelled',
};

function buildFault(code: string, detail: string): RepositoryFault {
  const known = failureCodes.find((candidate) => candidate === code) ?? 'ServerFault';
  const Fault = known === 'ShuttingDown' || known === 'NoDataConnection' ? RetryableFault : RepositoryFault;
  return new Fault(faultCodes[known], { cause: new Error(detail) });
}
