import { createBufferPool } from './buffer-pool.ts';
import { createByteQueue } from './byte-queue.ts';
import type { SshChannel } from './connection.ts';
import { type DataTarget, maxPacketData, type SendData } from './data-sender.ts';
import { asOwner, SshFault } from './fault.ts';
import { createLane } from './lane.ts';
import type { ReceiveWindow } from './receive-window.ts';
import { encodeMessage, extendedDataStderr, message } from './wire-message.ts';

const maxWindow = 0xffff_ffff;
const maxLastWords = 4096;

/** For what is on its way from clients to their repositories, in all connections of the process. */
const pool = createBufferPool(maxPacketData, 64);
const minPooledLength = 4096;
const nothing = (): void => {};
/** Made once: every channel closes, and nobody looks at where. */
const isClosed = new Error('the channel is closed');

/** What a channel needs of its connection. */
export type ChannelSurroundings = {
  readonly sendData: SendData;
  readonly send: (payload: Buffer) => void;
  /** Whether enough bytes wait for the kernel. */
  readonly isCongested: () => boolean;
  /** What the action throws ends the connection, and goes no further. */
  readonly guard: (action: () => void) => void;
  /** The channel is closed on our side, for good; `both`: on the client's side too. */
  readonly onClosed: (both: boolean) => void;
};

/** What the client says on a channel, and what becomes of its connection. */
export interface ChannelEnd {
  readonly owner: SshChannel;
  /** The client's number of the channel. */
  readonly recipient: number;
  /** We have sent CLOSE; nothing may follow it (RFC 4254 §5.3). */
  readonly closeSent: boolean;
  receiveData(bytes: Buffer): void;
  receiveStderr(bytes: Buffer): void;
  receiveWindowAdjust(bytes: number): void;
  receiveEof(): void;
  receiveClose(): void;
  /** Sends what waits: the socket has room again, or a key exchange has ended. */
  pump(): void;
  /** Nothing comes or goes any more. Repeatable. */
  connectionClosed(): void;
}

/** `opened.packetData` is the largest data that the client takes in one packet, `opened.window` its window for us. */
export function createChannel(
  surroundings: ChannelSurroundings,
  opened: { readonly recipient: number; readonly window: number; readonly packetData: number },
  receiveWindow: ReceiveWindow,
): ChannelEnd {
  const { send, guard } = surroundings;
  const { recipient } = opened;
  const closing = new AbortController();
  const held = createByteQueue();
  let sendWindow = opened.window;
  let closeSent = false;
  let exitStatus: number | undefined;

  let flowing = true;
  let eofReceived = false;
  let endDelivered = false;
  let onData: SshChannel['onData'] | undefined;
  let onEnd: SshChannel['onEnd'] | undefined;

  const sendOn = (stderr: boolean): ((bytes: Buffer) => number) => {
    const target: DataTarget = { recipient, stderr, packetData: opened.packetData };
    return (bytes) => {
      const taken = surroundings.sendData(target, bytes, sendWindow);
      sendWindow -= taken;
      return taken;
    };
  };

  /** The client may send as much again as was passed on. */
  const reopenWindow = (bytes: number): void => {
    const announced = receiveWindow.passOn(bytes);
    if (announced > 0 && !closeSent) send(encodeMessage(message.channelWindowAdjust, recipient, announced));
  };

  const passOn = (bytes: Buffer, release: () => void): void => {
    flowing = asOwner(() => owner.onData(bytes, release));
    reopenWindow(bytes.length);
  };

  /** Passes a copy on: the memory of what was received is freed at once. */
  const passCopyOn = (bytes: Buffer): void => {
    if (bytes.length < minPooledLength) {
      passOn(Buffer.from(bytes), nothing);
      return;
    }
    const buffer = pool.take();
    bytes.copy(buffer);
    passOn(buffer.subarray(0, bytes.length), () => pool.giveBack(buffer));
  };

  const deliverHeld = (): void => {
    while (flowing && onData !== undefined && held.length > 0 && !closeSent) {
      const bytes = held.peek().subarray(0, pool.bufferLength);
      passCopyOn(bytes);
      held.drop(bytes.length);
    }
    if (eofReceived && !endDelivered && held.length === 0 && onEnd !== undefined && !closeSent) {
      endDelivered = true;
      asOwner(() => owner.onEnd());
    }
  };

  const deliverSoon = (): void => queueMicrotask(() => guard(deliverHeld));

  /** Our CLOSE is out, or can never be. */
  const release = (both: boolean): void => {
    closeSent = true;
    stdout.clear();
    stderr.clear();
    held.clear();
    receiveWindow.close();
    surroundings.onClosed(both);
  };

  const close = (status: number): void => {
    // In this order: clients ignore a status that comes after the close, and git takes its absence for a failure.
    send(encodeMessage(message.channelRequest, recipient, 'exit-status', false, status));
    send(encodeMessage(message.channelEof, recipient));
    send(encodeMessage(message.channelClose, recipient));
    release(false);
  };

  const finishIfFlushed = (): void => {
    if (exitStatus !== undefined && !closeSent && stdout.empty && stderr.empty) close(exitStatus);
  };

  const owner: SshChannel = {
    closed: closing.signal,
    write: (bytes) => writeTo(stdout, bytes),
    writeStderr: (bytes) => writeTo(stderr, bytes),
    onDrain: () => {},
    onStderrDrain: () => {},
    get onData() {
      return onData ?? (() => true);
    },
    set onData(handler) {
      onData = handler;
      deliverSoon();
    },
    get onEnd() {
      return onEnd ?? (() => {});
    },
    set onEnd(handler) {
      onEnd = handler;
      deliverSoon();
    },
    resume: () => {
      if (flowing) return;
      flowing = true;
      deliverSoon();
    },
    exit: (status) => {
      if (exitStatus !== undefined || closeSent) return;
      exitStatus = status;
      guard(finishIfFlushed);
    },
    abort: (status, text) => {
      if (closeSent) return;
      exitStatus = status;
      // Past the queues and the limit on what waits for the kernel: it is the last that is sent, and it is short.
      const last = text.subarray(0, Math.min(sendWindow, opened.packetData, maxLastWords));
      guard(() => {
        if (last.length > 0) send(encodeMessage(message.channelExtendedData, recipient, extendedDataStderr, last));
        close(status);
      });
    },
  };

  const stdout = createLane(sendOn(false), surroundings.isCongested, () => asOwner(() => owner.onDrain()));
  const stderr = createLane(sendOn(true), surroundings.isCongested, () => asOwner(() => owner.onStderrDrain()));

  const writeTo = (lane: typeof stdout, bytes: Buffer): boolean => {
    if (closeSent || exitStatus !== undefined) return false;
    let mayGoOn = false;
    guard(() => {
      mayGoOn = lane.write(bytes);
    });
    return mayGoOn;
  };

  const takeFromWindow = (bytes: Buffer): void => {
    if (bytes.length > maxPacketData) {
      throw new SshFault('SSH_PROTOCOL_ERROR', 'the client sent more in a packet than the channel allows');
    }
    if (!receiveWindow.take(bytes.length)) {
      throw new SshFault('SSH_PROTOCOL_ERROR', 'the client sent more than the channel window allows');
    }
    if (eofReceived) throw new SshFault('SSH_PROTOCOL_ERROR', 'the client sent data after its end of file');
  };

  const pump = (): void => {
    // stderr first: it is short, and it is what the user must see.
    stderr.pump();
    stdout.pump();
    finishIfFlushed();
  };

  const connectionClosed = (): void => {
    if (!closeSent) release(true);
    if (!closing.signal.aborted) closing.abort(isClosed);
  };

  return {
    owner,
    recipient,
    get closeSent() {
      return closeSent;
    },
    receiveData: (bytes) => {
      // What was on its way when we closed; the window is no longer kept.
      if (closeSent) return;
      takeFromWindow(bytes);
      if (onData === undefined || !flowing || held.length > 0) held.append(bytes);
      else passCopyOn(bytes);
    },
    receiveStderr: (bytes) => {
      if (closeSent) return;
      takeFromWindow(bytes);
      reopenWindow(bytes.length);
    },
    receiveWindowAdjust: (bytes) => {
      if (closeSent) return;
      sendWindow += bytes;
      if (sendWindow > maxWindow) throw new SshFault('SSH_PROTOCOL_ERROR', 'the channel window overflows');
      pump();
    },
    receiveEof: () => {
      eofReceived = true;
      deliverHeld();
    },
    receiveClose: () => {
      if (!closeSent) {
        send(encodeMessage(message.channelClose, recipient));
        release(true);
      } else {
        surroundings.onClosed(true);
      }
      connectionClosed();
    },
    pump,
    connectionClosed,
  };
}
