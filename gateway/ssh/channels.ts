import { WireReader } from '../../core/ssh/wire.ts';
import { type ChannelEnd, type ChannelSurroundings, createChannel } from './channel.ts';
import type { CommandRequest, SshChannel } from './connection.ts';
import { maxPacketData } from './data-sender.ts';
import { SshFault } from './fault.ts';
import { createReceiveWindow, createWindowBudget } from './receive-window.ts';
import { encodeMessage, extendedDataStderr, message, openFailure } from './wire-message.ts';

/** Below it a channel would cost more in packets than in data: 0 makes a naive sender spin for ever. */
const minPacketData = 1024;
/** Of all channels of a connection together: data on its way, or waiting for a repository that is slow. */
const connectionWindow = 16 * 1024 * 1024;
const maxChannelWindow = 8 * 1024 * 1024;
const maxInitialWindow = 1024 * 1024;
/** How long a client may take to answer our CLOSE with its own. */
const closeTimeoutMs = 10_000;
const maxGitProtocolLength = 255;

const forwardingTypes = new Set(['direct-tcpip', 'direct-streamlocal@openssh.com', 'x11', 'auth-agent@openssh.com']);

export type ChannelsOptions = Omit<ChannelSurroundings, 'onClosed'> & {
  readonly maxChannels: number;
  readonly onCommand: (channel: SshChannel, start: CommandRequest) => void;
};

type Entry = { readonly channel: ChannelEnd; started: boolean; gitProtocol: string | undefined };

/** Whether a message is the connection protocol's (RFC 4250 §4.1.2). */
export const isChannelsMessage = (type: number): boolean =>
  (type >= message.globalRequest && type <= message.requestFailure) ||
  (type >= message.channelOpen && type <= message.channelFailure);

/** The connection protocol (RFC 4254) of one connection that has logged in. */
export interface Channels {
  /** Open on either side. */
  openCount(): number;
  /** Takes one of its messages. Throws for what breaks the protocol. */
  receive(type: number, payload: Buffer): void;
  /** Sends what waits: the socket has room, or a key exchange has ended. */
  pump(): void;
  /** The connection is gone. */
  abort(): void;
}

export function createChannels(options: ChannelsOptions): Channels {
  const { send } = options;
  const entries = new Map<number, Entry>();
  const closeTimers = new Map<number, NodeJS.Timeout>();
  // Half is every channel's from the start, so that none opens with nothing; the other half is for those that use it.
  const initialWindow = Math.min(maxInitialWindow, Math.floor(connectionWindow / 2 / options.maxChannels));
  const budget = createWindowBudget(connectionWindow - initialWindow * options.maxChannels);
  let nextId = 0;
  let sessionsEnded = false;

  const forget = (id: number): void => {
    clearTimeout(closeTimers.get(id));
    closeTimers.delete(id);
    const entry = entries.get(id);
    entries.delete(id);
    entry?.channel.connectionClosed();
  };

  const onClosed = (id: number, both: boolean): void => {
    if (both) forget(id);
    else
      closeTimers.set(
        id,
        setTimeout(() => options.guard(() => forget(id)), closeTimeoutMs),
      );
  };

  const receiveGlobalRequest = (reader: WireReader): void => {
    const name = reader.name();
    const wantReply = reader.byte() !== 0;
    const known = name === 'no-more-sessions@openssh.com';
    if (known) sessionsEnded = true;
    if (wantReply) send(encodeMessage(known ? message.requestSuccess : message.requestFailure));
  };

  /** Why a channel may not be opened; 0 if it may. */
  const refusalOf = (type: string, packetData: number): number => {
    if (forwardingTypes.has(type)) return openFailure.administrativelyProhibited;
    if (type !== 'session') return openFailure.unknownChannelType;
    if (sessionsEnded || packetData < minPacketData) return openFailure.administrativelyProhibited;
    return entries.size >= options.maxChannels ? openFailure.resourceShortage : 0;
  };

  const receiveOpen = (reader: WireReader): void => {
    const type = reader.name();
    const recipient = reader.uint32();
    const window = reader.uint32();
    const packetData = Math.min(reader.uint32(), maxPacketData);
    const refusal = refusalOf(type, packetData);
    if (refusal !== 0) {
      send(encodeMessage(message.channelOpenFailure, recipient, refusal, 'refused', ''));
      return;
    }
    // Numbers are never used again, so that a late message cannot reach the wrong channel.
    const id = nextId;
    nextId += 1;
    const receiveWindow = createReceiveWindow(budget, initialWindow, maxChannelWindow);
    const surroundings = { ...options, onClosed: (both: boolean) => onClosed(id, both) };
    const channel = createChannel(surroundings, { recipient, window, packetData }, receiveWindow);
    entries.set(id, { channel, started: false, gitProtocol: undefined });
    send(encodeMessage(message.channelOpenConfirmation, recipient, id, initialWindow, maxPacketData));
  };

  /** Whether the request is granted, and what to start after the client was told so. */
  const decideRequest = (entry: Entry, type: string, reader: WireReader): { ok: boolean; start?: () => void } => {
    switch (type) {
      case 'env': {
        const name = reader.name();
        const value = reader.string();
        if (name === 'GIT_PROTOCOL' && value.length <= maxGitProtocolLength && !entry.started) {
          entry.gitProtocol = value.toString();
        }
        // Yes to every variable, though one alone is kept: some clients give up when they hear no.
        return { ok: true };
      }
      case 'exec':
      case 'shell': {
        const command = type === 'exec' ? reader.string().toString() : undefined;
        if (entry.started) return { ok: false };
        entry.started = true;
        const request: CommandRequest = { command, gitProtocol: entry.gitProtocol };
        return { ok: true, start: () => options.onCommand(entry.channel.owner, request) };
      }
      default:
        // pty, agent, X11, subsystems, signals, window sizes, and whatever else is thought of.
        return { ok: false };
    }
  };

  const receiveRequest = (entry: Entry, reader: WireReader): void => {
    const type = reader.name();
    const wantReply = reader.byte() !== 0;
    const { channel } = entry;
    if (channel.closeSent) return;
    const { ok, start } = decideRequest(entry, type, reader);
    if (wantReply) send(encodeMessage(ok ? message.channelSuccess : message.channelFailure, channel.recipient));
    start?.();
  };

  const receiveForChannel = (type: number, reader: WireReader): void => {
    const id = reader.uint32();
    const entry = entries.get(id);
    if (entry === undefined) {
      // One that was forgotten may still be spoken of; one that never was, may not.
      if (id < nextId) return;
      throw new SshFault('SSH_PROTOCOL_ERROR', 'the client speaks of a channel that does not exist');
    }
    const { channel } = entry;
    switch (type) {
      case message.channelData:
        channel.receiveData(reader.string());
        break;
      case message.channelExtendedData:
        if (reader.uint32() !== extendedDataStderr) {
          throw new SshFault('SSH_PROTOCOL_ERROR', 'the client sent extended data of an unknown type');
        }
        channel.receiveStderr(reader.string());
        break;
      case message.channelWindowAdjust:
        channel.receiveWindowAdjust(reader.uint32());
        break;
      case message.channelEof:
        channel.receiveEof();
        break;
      case message.channelClose:
        channel.receiveClose();
        break;
      case message.channelRequest:
        receiveRequest(entry, reader);
        break;
      case message.channelSuccess:
      case message.channelFailure:
        break;
      default:
        throw new SshFault('SSH_PROTOCOL_ERROR', 'the client sent a message that only servers send');
    }
  };

  return {
    openCount: () => entries.size,
    receive: (type, payload) => {
      const reader = new WireReader(payload.subarray(1));
      if (type === message.globalRequest) receiveGlobalRequest(reader);
      else if (type === message.requestSuccess || type === message.requestFailure) return;
      else if (type === message.channelOpen) receiveOpen(reader);
      else receiveForChannel(type, reader);
    },
    pump: () => {
      // Whoever was served goes to the end, so that one channel cannot keep the socket for itself.
      for (const [id, entry] of [...entries]) {
        if (options.isCongested()) return;
        entry.channel.pump();
        if (entries.delete(id)) entries.set(id, entry);
      }
    },
    abort: () => {
      for (const id of [...entries.keys()]) forget(id);
    },
  };
}
