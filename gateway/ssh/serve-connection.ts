import type { Socket } from 'node:net';
import { createChannels, isChannelsMessage } from './channels.ts';
import type { DisconnectReason, SshConnection } from './connection.ts';
import { createConnectionEnd } from './connection-end.ts';
import { createDataSender } from './data-sender.ts';
import { asOwner, SshFault } from './fault.ts';
import { createIdentificationGate } from './identification.ts';
import { createTransport, type NegotiatedAlgorithms, type TransportOffer } from './internals.ts';
import { createKeepaliveSchedule } from './keepalive-schedule.ts';
import { createKeyExchanges } from './key-exchanges.ts';
import { createOutbound } from './outbound.ts';
import { createReadBalance } from './read-balance.ts';
import type { ConnectionOptions } from './server-options.ts';
import { createUserauth } from './userauth.ts';
import { disconnectCode, encodeMessage, message } from './wire-message.ts';

/** A login takes a few KiB, twenty large keys included. */
const maxBytesBeforeLogin = 262_144;
/** Answers that may wait for a client that does not read, before we stop reading from it. */
const maxAnswersBeforeLogin = 65_536;
/** The same, beyond the data that may wait: so far above it that data alone never stops us from reading. */
const maxAnswersAfterLogin = 262_144;
/** Answers that ssh2 may keep back during a key exchange; before its own KEXINIT a client may still send requests. */
const maxHeldPayloads = 1024;

type Stage = 'Identifying' | 'LoggingIn' | 'LoggedIn';

/** Wires one connection: socket, transport, login, channels, and its end. */
export function serveConnection(
  socket: Socket,
  offer: TransportOffer,
  options: ConnectionOptions,
  onConnection: (connection: SshConnection) => void,
): void {
  let stage: Stage = 'Identifying';
  let clientVersion = '';
  let algorithms: NegotiatedAlgorithms | undefined;
  let received = 0;
  let heartbeat: NodeJS.Timeout | undefined;

  const connectionEnd = createConnectionEnd(socket, {
    sendDisconnect: (code, text) => transport.sendDisconnect(code, text),
    onStop: () => {
      transport.close();
      channels.abort();
      clearInterval(heartbeat);
    },
    onClosed: (fault) => {
      if (stage !== 'Identifying') connection.onClose(fault);
    },
  });
  const { guard, isOver } = connectionEnd;

  const outbound = createOutbound(socket, () => {
    if (isOver()) return;
    balanceReading();
    if (outbound.queued() <= options.maxBufferedBytes / 2) guard(channels.pump);
  });
  const balanceReading = createReadBalance(socket, outbound.queued, () =>
    stage === 'LoggedIn' ? options.maxBufferedBytes + maxAnswersAfterLogin : maxAnswersBeforeLogin,
  );

  const transport = createTransport(offer, options.softwareVersion, {
    onWrite: (bytes) => outbound.write(bytes),
    onKeys: (negotiated, wantsExtensions) => {
      // RFC 8308 §2.4: the very next message after our first NEWKEYS.
      if (algorithms === undefined && wantsExtensions) {
        transport.send(encodeMessage(message.extInfo, 1, 'server-sig-algs', options.signatureAlgorithms.join(',')));
      }
      algorithms = negotiated;
      keyExchanges.end();
      channels.pump();
    },
    onRekeyRequest: () => keyExchanges.receiveRequest(),
    onPayload: (payload) => {
      const type = payload.readUInt8(0);
      if (type === message.extInfo) return;
      // Before the login nothing else is even answered: a stranger must not make us work, or fill our memory.
      if (stage !== 'LoggedIn' || type === message.userauthRequest) receiveLogin(type, payload);
      else if (isChannelsMessage(type)) channels.receive(type, payload);
      else transport.send(encodeMessage(message.unimplemented, transport.receivedSequence()));
    },
    onDisconnect: connectionEnd.leave,
    onFault: connectionEnd.fail,
  });

  const keepalive = createKeepaliveSchedule(options.keepalive.maxMissed);
  const keyExchanges = createKeyExchanges(
    transport,
    options.rekey,
    () => received + outbound.written(),
    () => stage === 'LoggedIn',
  );

  const channels = createChannels({
    maxChannels: options.maxChannels,
    sendData: createDataSender(transport, outbound, options.maxBufferedBytes),
    send: transport.send,
    isCongested: () => outbound.queued() >= options.maxBufferedBytes,
    guard,
    onCommand: (channel, start) => asOwner(() => connection.onCommand(channel, start)),
  });

  const receiveLogin = createUserauth({
    maxAttempts: options.maxAttempts,
    sessionId: transport.sessionId,
    send: transport.send,
    onLoginName: (loginName) => asOwner(() => connection.onLoginName(loginName)),
    authenticate: (attempt) => asOwner(() => connection.authenticate(attempt)),
    onSuccess: () => {
      if (isOver()) return;
      stage = 'LoggedIn';
      heartbeat = setInterval(() => guard(beat), options.keepalive.intervalMs);
      asOwner(() => connection.onLogin());
    },
  });

  const beat = (): void => {
    keyExchanges.checkTime();
    if (keepalive.beat() === 'GiveUp') {
      connectionEnd.destroy(new SshFault('SSH_KEEPALIVE_TIMEOUT', 'the client does not answer'));
      return;
    }
    transport.send(encodeMessage(message.globalRequest, 'keepalive@openssh.com', true));
    keyExchanges.beginIfDue();
  };

  const receive = (chunk: Buffer): void => {
    if (isOver()) return;
    received += chunk.length;
    keepalive.hear();
    if (stage !== 'LoggedIn' && received > maxBytesBeforeLogin) {
      throw new SshFault('SSH_LIMIT_EXCEEDED', 'too much was sent without a login');
    }
    transport.receive(chunk);
    // Reading goes on after the end, so that nothing of the client's stays unread.
    if (isOver()) return;
    if (transport.heldPayloads() > maxHeldPayloads) {
      throw new SshFault('SSH_LIMIT_EXCEEDED', 'too many requests during a key exchange');
    }
    keyExchanges.beginIfDue();
    balanceReading();
  };

  const connection: SshConnection = {
    get clientVersion() {
      return clientVersion;
    },
    authenticate: () => false,
    onLoginName: () => {},
    onLogin: () => {},
    onCommand: (channel) => channel.exit(1),
    onClose: () => {},
    get openChannels() {
      return channels.openCount();
    },
    get algorithms() {
      return algorithms;
    },
    disconnect: (reason: DisconnectReason, text: string) => connectionEnd.disconnect(disconnectCode[reason], text),
  };

  const passChunk = createIdentificationGate({
    onIdentified: (softwareVersion) => {
      clientVersion = softwareVersion;
      stage = 'LoggingIn';
      asOwner(() => onConnection(connection));
    },
    onInvalid: () => connectionEnd.destroy(),
    onChunk: receive,
  });

  /** A client without a session may go without a word. */
  const lose = (fault: SshFault): void => {
    if (stage !== 'LoggedIn' || channels.openCount() > 0) connectionEnd.lose(fault);
  };

  socket.on('data', (chunk: Buffer) => {
    if (!isOver()) guard(() => passChunk(chunk));
  });
  socket.on('end', () => {
    if (isOver()) return;
    lose(new SshFault('SSH_CONNECTION_LOST', 'the client closed the connection'));
    socket.end();
  });
  socket.on('error', (error) => lose(new SshFault('SSH_CONNECTION_LOST', 'the connection broke', { cause: error })));

  guard(() => transport.start());
}
