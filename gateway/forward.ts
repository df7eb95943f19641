import { createRequestReader } from '../core/git/request-reader.ts';
import type { RepositorySession } from './ports.ts';
import type { SshChannel } from './ssh/connection.ts';

export type Transfer = {
  /** From the client, and to it, stderr not counted. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** The client has said what it wants. */
  readonly hasAsked: boolean;
  /** A byte went either way since this was last asked. */
  wasActive(): boolean;
  /** git's exit status. */
  readonly ended: Promise<number>;
};

/** Owns both streams of a session: each side's answer to a write holds back the other side's next read. */
export function forward(channel: SshChannel, session: RepositorySession): Transfer {
  const transfer = { bytesIn: 0, bytesOut: 0, active: true };
  const request = createRequestReader();
  channel.onData = (bytes, release) => {
    // Before the write, which may let go of the bytes.
    if (!request.isWhole) request.read(bytes);
    transfer.bytesIn += bytes.length;
    transfer.active = true;
    return session.write(bytes, release);
  };
  session.onDrain = () => channel.resume();
  channel.onEnd = () => session.end();

  session.onData = (bytes) => {
    transfer.bytesOut += bytes.length;
    transfer.active = true;
    return channel.write(bytes);
  };
  channel.onDrain = () => session.resume();

  session.onStderr = (bytes) => channel.writeStderr(bytes);
  channel.onStderrDrain = () => session.resumeStderr();

  return {
    get bytesIn() {
      return transfer.bytesIn;
    },
    get bytesOut() {
      return transfer.bytesOut;
    },
    get hasAsked() {
      return request.isWhole;
    },
    wasActive() {
      const { active } = transfer;
      transfer.active = false;
      return active;
    },
    ended: session.ended,
  };
}
