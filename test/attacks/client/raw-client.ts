import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';

const load = createRequire(import.meta.url);

type Protocol = {
  start(): void;
  parse(chunk: Buffer, start: number, length: number): void;
  rekey(): void;
  _onPayload: (payload: Buffer) => unknown;
  readonly _kex: { readonly sessionID: Buffer };
  readonly _packetRW: { readonly write: { allocStart: number; alloc(n: number): Buffer; finalize(p: Buffer): Buffer } };
};

const ProtocolOfSsh2: new (options: object) => Protocol = load('ssh2/lib/protocol/Protocol.js');
const { sendPacket }: { sendPacket(protocol: Protocol, packet: Buffer): void } = load('ssh2/lib/protocol/utils.js');

/**
 * A client that does the key exchange as it should (by ssh2's client side), and then sends whatever it is told to,
 * in whatever order, and reads only if it likes.
 */
export type RawClient = {
  readonly socket: Socket;
  readonly sessionId: Buffer;
  /** Key exchanges that have ended. */
  readonly exchanges: number;
  /** Sends one payload, well or badly formed; `false` once the socket's buffer is full. */
  send(payload: Buffer): boolean;
  /** The next payload of one of these types. Rejects when the connection ends first. */
  receive(...types: number[]): Promise<Buffer>;
  rekey(): void;
  readonly ended: boolean;
  destroy(): void;
};

export type RawClientOptions = {
  readonly compression?: 'none' | 'zlib';
  readonly cipher?: string;
  /** Bytes in each write; the default leaves it to the socket. */
  readonly pieceLength?: number;
};

type Waiter = { types: readonly number[]; resolve(payload: Buffer): void; reject(error: Error): void };

export const connectRawClient = (port: number, options: RawClientOptions = {}): Promise<RawClient> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const inbox: Buffer[] = [];
  let waiters: Waiter[] = [];
  let ended = false;
  let exchanges = 0;

  const write = (bytes: Buffer): void => {
    if (ended) return;
    if (options.pieceLength === undefined) {
      socket.write(bytes);
      return;
    }
    for (let offset = 0; offset < bytes.length; offset += options.pieceLength) {
      socket.write(bytes.subarray(offset, offset + options.pieceLength));
    }
  };

  return new Promise((resolve, reject) => {
    const finish = (error: Error): void => {
      if (ended) return;
      ended = true;
      for (const waiter of waiters) waiter.reject(error);
      waiters = [];
      socket.destroy();
      reject(error);
    };
    const direction = {
      cipher: [options.cipher ?? 'aes128-gcm@openssh.com'],
      mac: ['hmac-sha2-256-etm@openssh.com'],
      compress: [options.compression ?? 'none'],
      lang: [],
    };
    const protocol = new ProtocolOfSsh2({
      server: false,
      ident: 'attacker',
      offer: { kex: ['curve25519-sha256'], serverHostKey: ['ssh-ed25519'], cs: direction, sc: direction },
      onWrite: write,
      onError: finish,
      onHandshakeComplete: () => {
        exchanges += 1;
        if (exchanges === 1) resolve(client);
      },
      messageHandlers: {},
    });
    const handleTransportPayload = protocol._onPayload;
    protocol._onPayload = (payload) => {
      const type = payload.readUInt8(0);
      if (type >= 20 && type <= 49) return handleTransportPayload(payload);
      const waiter = waiters.find(({ types }) => types.includes(type));
      if (waiter === undefined) {
        if (inbox.length < 1000) inbox.push(Buffer.from(payload));
      } else {
        waiters = waiters.filter((other) => other !== waiter);
        waiter.resolve(Buffer.from(payload));
      }
      return undefined;
    };

    const client: RawClient = {
      socket,
      get sessionId() {
        return protocol._kex.sessionID;
      },
      get exchanges() {
        return exchanges;
      },
      send: (payload) => {
        if (ended) return true;
        const writer = protocol._packetRW.write;
        const packet = writer.alloc(payload.length);
        packet.set(payload, writer.allocStart);
        sendPacket(protocol, writer.finalize(packet));
        return socket.writableLength < 1024 * 1024;
      },
      receive: (...types) =>
        new Promise((resolvePayload, rejectPayload) => {
          const index = inbox.findIndex((payload) => types.includes(payload.readUInt8(0)));
          if (index !== -1) resolvePayload(inbox.splice(index, 1)[0] as Buffer);
          else if (ended) rejectPayload(new Error('the connection has ended'));
          else waiters.push({ types, resolve: resolvePayload, reject: rejectPayload });
        }),
      rekey: () => protocol.rekey(),
      get ended() {
        return ended;
      },
      destroy: () => finish(new Error('destroyed')),
    };

    socket.on('connect', () => protocol.start());
    socket.on('data', (chunk: Buffer) => {
      try {
        protocol.parse(chunk, 0, chunk.length);
      } catch (error) {
        finish(error as Error);
      }
    });
    socket.on('error', finish);
    socket.on('end', () => finish(new Error('the server closed the connection')));
    socket.on('close', () => finish(new Error('the connection is closed')));
  });
};
