import { type BufferPool, createBufferPool, fillPadding } from './buffer-pool.ts';
import type { PacketSealer, Transport } from './internals.ts';
import type { Outbound } from './outbound.ts';
import { encodeMessage, extendedDataStderr, message } from './wire-message.ts';

/** RFC 4253 §6.1: every implementation takes payloads of 32,768 bytes; larger ones may be refused. */
export const maxPacketData = 32_768;

export type DataTarget = {
  /** The client's number of the channel. */
  readonly recipient: number;
  readonly stderr: boolean;
  /** Data bytes in one packet, at most `maxPacketData`. */
  readonly packetData: number;
};

/** Sends the first bytes of `bytes`, as many as may go now, at most `window`. Returns how many; keeps none of them. */
export type SendData = (target: DataTarget, bytes: Buffer, window: number) => number;

/** Length, padding length, type, recipient, data type, data length; at most 19 bytes of padding; tag. */
const maxOverhead = 4 + 1 + 1 + 4 + 4 + 4 + 19 + 16;
const packetsInBatch = 4;
const batchLength = packetsInBatch * (maxPacketData + maxOverhead);
/** Below it, a buffer made for the purpose is cheaper than to hold a whole batch until the kernel has taken it. */
const smallBatchLength = 16_384;

/** Shared by all connections of the process: at most 8 MiB stay in it. */
const pool: BufferPool = createBufferPool(batchLength, 64);

/**
 * Encrypts several packets into one buffer and writes them at once.
 * @param maxQueued bytes that may wait for the kernel; beyond it nothing is taken.
 */
export function createDataSender(transport: Transport, outbound: Outbound, maxQueued: number): SendData {
  const sendBatch = (sealer: PacketSealer, target: DataTarget, bytes: Buffer): number => {
    const needed = bytes.length + Math.ceil(bytes.length / target.packetData) * maxOverhead;
    const pooled = needed > smallBatchLength;
    const batch = pooled ? pool.take() : Buffer.allocUnsafe(needed);
    let taken = 0;
    let end = 0;
    while (taken < bytes.length && end + maxOverhead < batch.length) {
      const room = batch.length - end - maxOverhead;
      const data = bytes.subarray(taken, taken + Math.min(target.packetData, room));
      end = appendPacket(sealer, target, data, batch, end);
      taken += data.length;
    }
    outbound.write(batch.subarray(0, end), pooled ? () => pool.giveBack(batch) : undefined);
    return taken;
  };

  const sendPlain = (target: DataTarget, bytes: Buffer): number => {
    const data = bytes.subarray(0, target.packetData);
    const payload = target.stderr
      ? encodeMessage(message.channelExtendedData, target.recipient, extendedDataStderr, data)
      : encodeMessage(message.channelData, target.recipient, data);
    transport.send(payload);
    return data.length;
  };

  return (target, bytes, window) => {
    const end = Math.min(bytes.length, window);
    let taken = 0;
    // During a key exchange the bytes stay with the caller, whose queues are bounded; ssh2's is not.
    while (taken < end && outbound.queued() < maxQueued && !transport.isExchanging()) {
      const rest = bytes.subarray(taken, end);
      const sealer = transport.sealer();
      taken += sealer === undefined ? sendPlain(target, rest) : sendBatch(sealer, target, rest);
    }
    return taken;
  };
}

/** Lays one packet out at `start` (RFC 4253 §6, RFC 4254 §5.2), encrypts it, and returns where it ends. */
function appendPacket(sealer: PacketSealer, target: DataTarget, data: Buffer, batch: Buffer, start: number): number {
  const headerLength = target.stderr ? 13 : 9;
  const unpadded = 1 + headerLength + data.length;
  const shortPadding = sealer.blockLength - (unpadded % sealer.blockLength);
  const padding = shortPadding < 4 ? shortPadding + sealer.blockLength : shortPadding;

  let offset = batch.writeUInt32BE(unpadded + padding, start);
  offset = batch.writeUInt8(padding, offset);
  offset = batch.writeUInt8(target.stderr ? message.channelExtendedData : message.channelData, offset);
  offset = batch.writeUInt32BE(target.recipient, offset);
  if (target.stderr) offset = batch.writeUInt32BE(extendedDataStderr, offset);
  offset = batch.writeUInt32BE(data.length, offset);
  offset += data.copy(batch, offset);
  fillPadding(batch, offset, padding);
  const end = offset + padding + sealer.tagLength;
  sealer.seal(batch.subarray(start, end));
  return end;
}
