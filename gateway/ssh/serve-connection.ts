import type { Socket } from 'node:net';
import { WireError } from '../../core/ssh/wire.ts';
import { createAuthentication } from './authentication.ts';
import { createChannels } from './channels.ts';
import type { DisconnectReason, SshConnection } from './connection.ts';
import { createDataSender } from './data-sender.ts';
import { SshFault } from './fault.ts';
import { createIdentificationReader } from './identification.ts';
import { createTransport, type NegotiatedAlgorithms, type TransportOffer } from './internals.ts';
import { disconnectCode, encodeMessage, message } from './message.ts';
import { createOutbound } from './outbound.ts';
import { createRekeySchedule } from './rekey-schedule.ts';
import type { SshServerOptions } from './server.ts';

/** A login takes a few KiB, twenty large keys included. */
const maximumBytesBeforeLogin = 262_144;
/** Answers that may wait for a client that does not read, before we stop reading from it. */
const maximumAnswersBeforeLogin = 65_536;
/** The same, beyond the data that may wait: so far above it that data alone never stops us from reading. */
const maximumAnswersAfterLogin = 262_144;
/** Answers that ssh2 may keep back during a key exchange; before its own KEXINIT a client may still send requests. */
const maximumHeldPayloads = 1024;
const exchangeTimeoutMs = 60_000;
/** How long a client may take to read our DISCONNECT. */
const lingerMs = 2000;

/** How clients that leave in good order say so (RFC 4253 §11.1). */
const goodByes: ReadonlySet<number> = new Set([
  disconnectCode.ByApplication,
  disconnectCode.AuthCancelledByUser,
  disconnectCode.NoMoreAuthMethods,
]);

const isConnectionMessage = (type: number): boolean =>
  (type >= message.globalRequest && type <= message.requestFailure) ||
  (type >= message.channelOpen && type <= message.channelFailure);

type Phase = 'Identifying' | 'LoggingIn' | 'LoggedIn' | 'Ending' | 'Closed';

/** Wires one connection: socket, transport, authentication, channels, and the one way in which it ends. */
export const serveConnection = (
  socket: Socket,
  offer: TransportOffer,
  options: SshServerOptions,
  onConnection: (connection: SshConnection) => void,
): void => {
  let phase: Phase = 'Identifying';
  let introduced = false;
  let fault: SshFault | undefined;
  let clientVersion = '';
  let algorithms: NegotiatedAlgorithms | undefined;
  let received = 0;
  let unansweredProbes = 0;
  let heardSinceProbe = false;
  let exchangingSince: number | undefined;
  let paused = false;
  let heartbeat: NodeJS.Timeout | undefined;
  let linger: NodeJS.Timeout | undefined;

  const remoteAddress = socket.remoteAddress ?? '';
  const now = (): number => performance.now();
  const isOver = (): boolean => phase === 'Ending' || phase === 'Closed';

  const sayGoodBye = (code: number, text: string): void => {
    if (isOver()) return;
    try {
      transport.sendDisconnect(code, text);
    } catch {
      // The ciphers may be what failed; the client then learns it from the end of the stream.
    }
    end();
  };

  /** Nothing more is taken from the client or sent to it. Repeatable. */
  const stop = (): void => {
    if (phase !== 'Closed') phase = 'Ending';
    transport.close();
    channels.abort();
    clearInterval(heartbeat);
  };

  const destroy = (): void => {
    stop();
    socket.destroy();
  };

  const end = (): void => {
    if (isOver()) return;
    stop();
    socket.end();
    // What the client still sends is read and thrown away: unread bytes would reset the stream under our DISCONNECT.
    socket.resume();
    linger = setTimeout(destroy, lingerMs);
  };

  const fail = (cause: SshFault, reason: keyof typeof disconnectCode = 'ProtocolError'): void => {
    if (isOver()) return;
    fault = cause;
    sayGoodBye(disconnectCode[reason], cause.message);
  };

  /** Everything that the network, timers or other code start runs in here, so that nothing is ever uncaught. */
  const guard = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      fail(toFault(error));
    }
  };

  /** Code of the connection's owner: what it throws is our fault, not the client's. */
  const asOwner = <Result>(action: () => Result): Result => {
    try {
      return action();
    } catch (error) {
      if (error instanceof SshFault) throw error;
      throw new SshFault('SSH_HANDLER_FAILED', 'the server failed', { cause: error });
    }
  };

  const maximumQueued = (): number =>
    phase === 'LoggedIn' ? options.maxBufferedBytes + maximumAnswersAfterLogin : maximumAnswersBeforeLogin;

  /** A client that asks and does not read is no longer listened to, until it has read. */
  const balanceReading = (): void => {
    if (!paused && outbound.queued() > maximumQueued()) {
      paused = true;
      socket.pause();
    } else if (paused && outbound.queued() <= maximumQueued() / 2) {
      paused = false;
      socket.resume();
    }
  };

  const isCongested = (): boolean => outbound.queued() >= options.maxBufferedBytes;

  const outbound = createOutbound(socket, () => {
    if (isOver()) return;
    balanceReading();
    if (outbound.queued() <= options.maxBufferedBytes / 2) guard(channels.pump);
  });

  const beginExchangeIfDue = (): void => {
    if (phase === 'LoggedIn' && !transport.isExchanging() && rekeySchedule.isDue()) {
      exchangingSince = now();
      transport.rekey();
    }
  };

  const onKeys = (negotiated: NegotiatedAlgorithms, wantsExtensions: boolean): void => {
    const isFirst = algorithms === undefined;
    algorithms = negotiated;
    exchangingSince = undefined;
    rekeySchedule.restart();
    // RFC 8308 §2.4: the very next message after our first NEWKEYS.
    if (isFirst && wantsExtensions) {
      const extensions = ['server-sig-algs', options.signatureAlgorithms.join(',')];
      transport.send(encodeMessage(message.extInfo, extensions.length / 2, ...extensions));
    }
    channels.pump();
  };

  const onRekeyRequest = (): void => {
    if (phase !== 'LoggedIn') throw new SshFault('SSH_PROTOCOL_ERROR', 'the client exchanges keys before its login');
    exchangingSince ??= now();
    if (!transport.isExchanging() && !rekeySchedule.allowRequest()) {
      throw new SshFault('SSH_LIMIT_EXCEEDED', 'the client exchanges keys too often');
    }
  };

  const onPayload = (payload: Buffer): void => {
    const type = payload.readUInt8(0);
    if (type === message.extInfo) return;
    // Before the login nothing else is even answered: a stranger must not make us work, or fill our memory with answers.
    if (phase !== 'LoggedIn' || type === message.userauthRequest) receiveLogin(type, payload);
    else if (isConnectionMessage(type)) channels.receive(type, payload);
    else transport.send(encodeMessage(message.unimplemented, transport.receivedSequence()));
  };

  const transport = createTransport(offer, options.softwareVersion, {
    onWrite: (bytes) => outbound.write(bytes),
    onKeys,
    onRekeyRequest,
    onPayload,
    onDisconnect: (code, text) => {
      if (!goodByes.has(code)) {
        fault = new SshFault(
          'SSH_CONNECTION_LOST',
          `the client disconnected: ${code} ${JSON.stringify(text.slice(0, 200))}`,
        );
      }
      // It listens no more: an answer would reset the stream.
      end();
    },
    onFault: fail,
  });

  const channels = createChannels({
    maxChannels: options.maxChannels,
    sendData: createDataSender(transport, outbound, options.maxBufferedBytes),
    send: transport.send,
    isCongested,
    guard,
    asOwner,
    onCommand: (channel, start) => asOwner(() => connection.onCommand(channel, start)),
  });
  const rekeySchedule = createRekeySchedule(options.rekey, () => received + outbound.written(), now);

  const receiveLogin = createAuthentication({
    maxAttempts: options.maxAttempts,
    sessionId: transport.sessionId,
    send: transport.send,
    authenticate: (attempt) => asOwner(() => connection.authenticate(attempt)),
    onSuccess: () => {
      if (isOver()) return;
      phase = 'LoggedIn';
      heartbeat = setInterval(() => guard(beat), options.keepalive.intervalMs);
      asOwner(() => connection.onLogin());
    },
    onExhausted: () => {
      fail(new SshFault('SSH_LIMIT_EXCEEDED', 'too many authentication failures'), 'NoMoreAuthMethods');
    },
  });

  const beat = (): void => {
    if (exchangingSince !== undefined && now() - exchangingSince > exchangeTimeoutMs) {
      throw new SshFault('SSH_PROTOCOL_ERROR', 'the client does not finish a key exchange');
    }
    if (heardSinceProbe) unansweredProbes = 0;
    heardSinceProbe = false;
    if (unansweredProbes >= options.keepalive.maxMissed) {
      fault = new SshFault('SSH_KEEPALIVE_TIMEOUT', 'the client does not answer');
      destroy();
      return;
    }
    unansweredProbes += 1;
    transport.send(encodeMessage(message.globalRequest, 'keepalive@openssh.com', true));
    beginExchangeIfDue();
  };

  const receive = (chunk: Buffer): void => {
    received += chunk.length;
    heardSinceProbe = true;
    if (phase !== 'LoggedIn' && received > maximumBytesBeforeLogin) {
      throw new SshFault('SSH_LIMIT_EXCEEDED', 'too much was sent without a login');
    }
    transport.receive(chunk);
    if (transport.heldPayloads() > maximumHeldPayloads) {
      throw new SshFault('SSH_LIMIT_EXCEEDED', 'too many requests during a key exchange');
    }
    beginExchangeIfDue();
    balanceReading();
  };

  const connection: SshConnection = {
    remoteAddress,
    get clientVersion() {
      return clientVersion;
    },
    authenticate: () => false,
    onLogin: () => {},
    onCommand: (channel) => channel.exit(1),
    onClose: () => {},
    get openChannels() {
      return channels.openCount();
    },
    get algorithms() {
      return algorithms;
    },
    disconnect: (reason: DisconnectReason, text: string) => sayGoodBye(disconnectCode[reason], text),
    destroy,
  };

  /** A client without a session may go without a word. */
  const lose = (cause: SshFault): void => {
    if (!isOver() && (phase !== 'LoggedIn' || channels.openCount() > 0)) fault ??= cause;
  };

  let readIdentification: ReturnType<typeof createIdentificationReader> | undefined = createIdentificationReader();
  const identify = (chunk: Buffer): void => {
    const identification = readIdentification?.(chunk);
    if (identification === undefined || identification.status === 'Incomplete') return;
    // It would keep the first chunk for as long as the connection lasts.
    readIdentification = undefined;
    if (identification.status === 'Invalid') {
      destroy();
      return;
    }
    clientVersion = identification.softwareVersion;
    phase = 'LoggingIn';
    introduced = true;
    asOwner(() => onConnection(connection));
    if (!isOver()) receive(identification.line);
    if (!isOver() && identification.rest.length > 0) receive(identification.rest);
  };

  socket.on('data', (chunk: Buffer) => {
    if (isOver()) return;
    guard(() => (phase === 'Identifying' ? identify(chunk) : receive(chunk)));
  });
  socket.on('end', () => {
    lose(new SshFault('SSH_CONNECTION_LOST', 'the client closed the connection'));
    socket.end();
  });
  socket.on('error', (error) => {
    lose(new SshFault('SSH_CONNECTION_LOST', 'the connection broke', { cause: error }));
  });
  socket.on('close', () => {
    phase = 'Closed';
    stop();
    clearTimeout(linger);
    if (introduced) connection.onClose(fault);
  });

  guard(() => transport.start());
};

const toFault = (error: unknown): SshFault => {
  if (error instanceof SshFault) return error;
  if (error instanceof WireError) return new SshFault('SSH_PROTOCOL_ERROR', 'a message is malformed', { cause: error });
  return new SshFault('SSH_PROTOCOL_ERROR', 'the connection broke the protocol', { cause: error });
};
