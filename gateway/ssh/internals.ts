/**
 * The only file that knows the inside of ssh2. From ssh2 we take the transport: packets, ciphers and key exchange
 * (RFC 4253). Its server's authentication and channels are not used at all: they check no signature and bound nothing.
 *
 * A `Protocol` object is made for each connection, and fields of that one object are replaced; no prototype and no
 * file of ssh2 is changed. Fields without a public name may change in any release, hence the exact version.
 */
import { createRequire } from 'node:module';
import type { ParsedKey } from 'ssh2';
import { WireReader } from '../../core/ssh/wire.ts';
import {
  cipherAlgorithms,
  compressionAlgorithms,
  keyExchangeAlgorithms,
  macAlgorithms,
  strictKeyExchange,
} from './algorithms.ts';
import { asOurs, SshFault } from './fault.ts';
import { encodeMessage, message } from './wire-message.ts';

const supportedVersion = '1.17.0';

const load = createRequire(import.meta.url);
const installedVersion: string = load('ssh2/package.json').version;
if (installedVersion !== supportedVersion) {
  throw new Error(
    `ssh2 ${installedVersion} is installed; this program was written for the inside of ${supportedVersion}`,
  );
}

type Negotiated = { readonly kex: string; readonly serverHostKey: string; readonly sc: { readonly cipher: string } };

type Cipher = {
  outSeqno: number;
  /** The native cipher; absent without the addon, and before the first key exchange ended. */
  readonly _instance?: { encrypt(packet: Uint8Array, sequence?: number): void };
};

type PacketWriter = {
  readonly allocStart: number;
  readonly allocStartKEX: number;
  alloc(payloadLength: number, duringKeyExchange?: boolean): Buffer;
  finalize(packet: Buffer, duringKeyExchange?: boolean): Buffer;
};

type KeyExchange = {
  readonly sessionID: Buffer | undefined;
  readonly _sentNEWKEYS: boolean;
  /** The client's KEXINIT. */
  readonly _remoteKexinit: Buffer;
  remoteExtInfoEnabled: boolean;
  _keys?: unknown;
  finish?: unknown;
};

type Protocol = {
  start(): void;
  parse(chunk: Buffer, start: number, length: number): void;
  rekey(): void;
  cleanup(): void;
  _onPayload: (payload: Buffer) => unknown;
  _onHandshakeComplete: (negotiated: Negotiated) => void;
  /** Our KEXINIT, from the moment it is sent until the exchange has ended. */
  readonly _kexinit: Buffer | undefined;
  readonly _kex: KeyExchange | undefined;
  readonly _cipher: Cipher;
  /** `_packet` is what it has of a packet whose end has not come, perhaps a view of the chunk. */
  readonly _decipher: { readonly inSeqno: number; readonly _packet?: Uint8Array | null } | undefined;
  readonly _queue: readonly Buffer[] | undefined;
  readonly _packetRW: { readonly write: PacketWriter };
};

type ProtocolOptions = {
  readonly server: true;
  readonly hostKeys: Readonly<Record<string, ParsedKey>>;
  readonly ident: string;
  readonly offer: object;
  readonly onWrite: (bytes: Uint8Array) => void;
  readonly onError: (error: Error & { readonly level?: string }) => void;
  readonly onHeader: () => void;
  readonly messageHandlers: {
    readonly DISCONNECT: (protocol: unknown, code: number, description: string) => void;
  };
};

const ProtocolOfSsh2: new (options: ProtocolOptions) => Protocol = load('ssh2/lib/protocol/Protocol.js');
const { KexInit }: { readonly KexInit: new (lists: object) => object } = load('ssh2/lib/protocol/kex.js');
const { sendPacket }: { readonly sendPacket: (protocol: Protocol, packet: Buffer, bypass?: boolean) => void } =
  load('ssh2/lib/protocol/utils.js');
const crypto: { readonly bindingAvailable: boolean; readonly init: Promise<void> } =
  load('ssh2/lib/protocol/crypto.js');

// The WebAssembly that stands in for the addon; ciphers made before it is loaded would fail.
await crypto.init;

/** Whether ssh2's addon was built for this Node. Without it everything works at 1.6 to 4 times the CPU time. */
export const nativeCryptoAvailable = (): boolean => crypto.bindingAvailable;

/** What one server offers on all of its connections: made once, because it never changes. */
export type TransportOffer = { readonly hostKeys: Readonly<Record<string, ParsedKey>>; readonly kexInit: object };

/** @param hostKeys by signature algorithm, best first. */
export function createTransportOffer(hostKeys: ReadonlyMap<string, ParsedKey>): TransportOffer {
  const direction = { cipher: cipherAlgorithms, mac: macAlgorithms, compress: compressionAlgorithms, lang: [] };
  return {
    hostKeys: Object.fromEntries(hostKeys),
    kexInit: new KexInit({
      kex: [...keyExchangeAlgorithms, strictKeyExchange],
      serverHostKey: [...hostKeys.keys()],
      cs: direction,
      sc: direction,
    }),
  };
}

/** Encrypts packets in place, in the order in which they go out. */
export type PacketSealer = {
  /** `packet_length` and what follows it up to the tag is a multiple of it, the length field itself left out. */
  readonly blockLength: number;
  readonly tagLength: number;
  /** @param packet the plain packet (RFC 4253 §6), with room for the tag at its end. */
  seal(packet: Uint8Array): void;
};

export type NegotiatedAlgorithms = { readonly kex: string; readonly hostKey: string; readonly cipher: string };

export type TransportEvents = {
  /** Bytes for the socket. The buffer belongs to the callee. */
  readonly onWrite: (bytes: Uint8Array) => void;
  /** A key exchange has ended, the first or a later one. `wantsExtensions`: the client understands EXT_INFO. */
  readonly onKeys: (algorithms: NegotiatedAlgorithms, wantsExtensions: boolean) => void;
  /** The client's KEXINIT in an encrypted connection, before it is acted upon: a later exchange. */
  readonly onRekeyRequest: () => void;
  /** A decrypted payload that is not the transport's own business; valid during the call only. */
  readonly onPayload: (payload: Buffer) => void;
  readonly onDisconnect: (code: number, description: string) => void;
  /** The client broke the transport's rules; ssh2 has sent its DISCONNECT. */
  readonly onFault: (fault: SshFault) => void;
};

/** The SSH transport of one connection, from after the identification lines. */
export interface Transport {
  /** Sends our identification line. */
  start(): void;
  /**
   * Takes a chunk from the socket, for good: its memory is given back at once where that matters. The first call brings
   * the client's whole identification line. Throws an `SshFault`: on bad bytes the client's, or what a callback threw.
   */
  receive(chunk: Buffer): void;
  /** Sends a payload; kept back while keys are being exchanged. */
  send(payload: Buffer): void;
  sendDisconnect(code: number, description: string): void;
  /** Begins a key exchange, unless there is one already. */
  rekey(): void;
  /** Whether payloads are now being kept back. */
  isExchanging(): boolean;
  /** How many payloads are kept back. */
  heldPayloads(): number;
  /** H of the first key exchange (RFC 4253 §7.2): what every signature of this connection covers. */
  sessionId(): Buffer;
  /** The sequence number of the packet that `onPayload` is being called with. */
  receivedSequence(): number;
  /** Undefined while keys are being exchanged, and without the addon: `send` then. */
  sealer(): PacketSealer | undefined;
  /** Nothing is sent or delivered any more. Repeatable. */
  close(): void;
}

const isTransportMessage = (type: number): boolean => type <= message.debug || (type >= 20 && type <= 49);

export function createTransport(offer: TransportOffer, softwareVersion: string, events: TransportEvents): Transport {
  let closed = false;
  let receiving = false;
  let sealer: PacketSealer | undefined;

  const protocol = new ProtocolOfSsh2({
    server: true,
    hostKeys: offer.hostKeys,
    ident: softwareVersion,
    offer: offer.kexInit,
    onWrite: (bytes) => {
      if (!closed) asOurs(() => events.onWrite(bytes));
    },
    onError: (error) => {
      const code = error.level === 'handshake' ? 'SSH_KEY_EXCHANGE_FAILED' : 'SSH_PROTOCOL_ERROR';
      if (!closed) events.onFault(new SshFault(code, error.message, { cause: error }));
    },
    onHeader: () => {},
    messageHandlers: {
      DISCONNECT: (_protocol, code, description) => {
        if (!closed) asOurs(() => events.onDisconnect(code, description));
      },
    },
  });

  // ssh2 compares the client's guess with a field that it has just overwritten, and so drops every packet that was sent
  // on one, right ones too: dropbear's client, which always guesses, would wait for ever.
  let guessed = false;
  Object.defineProperty(protocol, '_skipNextInboundPacket', {
    // Read once for each packet of a key exchange, before it is looked at.
    get: () => {
      const isGuess = guessed;
      guessed = false;
      return isGuess && !isGuessRight(offer, (protocol._kex as KeyExchange)._remoteKexinit);
    },
    set: (value: boolean) => {
      guessed = value;
    },
  });

  const handleTransportPayload = protocol._onPayload;
  protocol._onPayload = (payload) => {
    if (closed) return stopParsing;
    const type = payload[0];
    if (type === undefined) throw new SshFault('SSH_PROTOCOL_ERROR', 'a packet is empty');
    if (type === message.kexInit) asOurs(events.onRekeyRequest);
    if (closed) return stopParsing;
    if (isTransportMessage(type)) return handleTransportPayload(payload);
    asOurs(() => events.onPayload(payload));
    if (closed) return stopParsing;
    if (hasBufferOfItsOwn(payload)) freeMemory(payload);
    return undefined;
  };

  const completeHandshake = protocol._onHandshakeComplete;
  protocol._onHandshakeComplete = (negotiated) => asOurs(() => completeExchange(negotiated));
  const completeExchange = (negotiated: Negotiated): void => {
    const exchange = protocol._kex as KeyExchange;
    const wantsExtensions = exchange.remoteExtInfoEnabled;
    // ssh2's own server-sig-algs lacks a comma, so that clients with RSA keys only cannot log in.
    exchange.remoteExtInfoEnabled = false;
    completeHandshake(negotiated);
    // The private key, and the shared secret in this closure, are of no more use: whoever reads our memory later must
    // not find them.
    exchange._keys = null;
    exchange.finish = undefined;
    sealer = createSealer(protocol._cipher, negotiated.sc.cipher);
    events.onKeys(
      { kex: negotiated.kex, hostKey: negotiated.serverHostKey, cipher: negotiated.sc.cipher },
      wantsExtensions,
    );
  };

  const isExchanging = (): boolean => protocol._kexinit !== undefined;

  return {
    start: () => protocol.start(),
    receive: (chunk) => {
      if (closed) return;
      receiving = true;
      try {
        protocol.parse(chunk, 0, chunk.length);
      } catch (error) {
        // What our own callbacks throw comes as a fault; all else is ssh2, which has stumbled over the client's bytes.
        if (error instanceof SshFault) throw error;
        throw new SshFault('SSH_PROTOCOL_ERROR', 'the connection broke the protocol', { cause: error });
      } finally {
        receiving = false;
        if (closed) protocol.cleanup();
      }
      // A key exchange looks at its first packet again when its last one comes.
      if (!closed && !isExchanging() && protocol._decipher?._packet?.buffer !== chunk.buffer) freeMemory(chunk);
    },
    send: (payload) => {
      if (closed) return;
      const writer = protocol._packetRW.write;
      const packet = writer.alloc(payload.length);
      packet.set(payload, writer.allocStart);
      sendPacket(protocol, writer.finalize(packet));
    },
    sendDisconnect: (code, description) => {
      // Between our NEWKEYS and the client's, ssh2 still has the old keys, and the client could make nothing of it.
      if (closed || (isExchanging() && protocol._kex?._sentNEWKEYS === true)) return;
      const payload = encodeMessage(message.disconnect, code, description, '');
      const writer = protocol._packetRW.write;
      const packet = writer.alloc(payload.length, true);
      packet.set(payload, writer.allocStartKEX);
      sendPacket(protocol, writer.finalize(packet, true), true);
    },
    rekey: () => {
      if (!closed) protocol.rekey();
    },
    isExchanging,
    heldPayloads: () => protocol._queue?.length ?? 0,
    sessionId: () => {
      const sessionId = protocol._kex?.sessionID;
      if (sessionId === undefined) throw new Error('there is no session identifier before the first key exchange');
      return sessionId;
    },
    receivedSequence: () => ((protocol._decipher?.inSeqno ?? 0) - 1) >>> 0,
    sealer: () => (closed || isExchanging() ? undefined : sealer),
    close: () => {
      if (closed) return;
      closed = true;
      // ssh2's decryption goes on for the rest of its chunk, and would crash on ciphers that are freed under it.
      if (!receiving) protocol.cleanup();
    },
  };
}

/** Type, cookie (RFC 4253 §7.1). */
const kexInitHeadLength = 17;

/** RFC 4253 §7: a guess is right if both sides put the same key exchange and the same host key algorithm first. */
function isGuessRight(offer: TransportOffer, clientKexInit: Buffer): boolean {
  const reader = new WireReader(clientKexInit.subarray(kexInitHeadLength));
  const [kex, hostKey] = [reader.name(), reader.name()].map((list) => list.split(',', 1)[0]);
  return kex === keyExchangeAlgorithms[0] && hostKey === Object.keys(offer.hostKeys)[0];
}

/** Below it, memory comes from heaps that are shared, and there is nothing to gain. */
const minFreedLength = 16_384;
const maxPadding = 255;

/**
 * Gives memory back without the garbage collector, which lets some 64 MiB of received bytes pile up before it looks:
 * more than all else in this process. Whoever touched the bytes later would find none.
 */
function freeMemory(bytes: Buffer): void {
  if (bytes.length >= minFreedLength && bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
}

/** Whether ssh2 has put the packet together from several chunks: padding length, payload, padding, nothing else. */
const hasBufferOfItsOwn = (payload: Buffer): boolean =>
  payload.byteOffset === 1 && payload.buffer.byteLength <= 1 + payload.length + maxPadding;

/** What a payload handler returns to ssh2 so that the rest of the chunk is left alone. */
const stopParsing = Number.POSITIVE_INFINITY;

function createSealer(cipher: Cipher, algorithm: string): PacketSealer | undefined {
  const native = cipher._instance;
  if (native === undefined) return undefined;
  const withSequence = algorithm === 'chacha20-poly1305@openssh.com';
  return {
    blockLength: withSequence ? 8 : 16,
    tagLength: 16,
    seal: (packet) => {
      if (withSequence) native.encrypt(packet, cipher.outSeqno);
      else native.encrypt(packet);
      cipher.outSeqno = (cipher.outSeqno + 1) >>> 0;
    },
  };
}
