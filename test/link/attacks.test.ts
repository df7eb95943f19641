import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildFrame, createFrameDecoder } from '../../core/link/frame.ts';
import { maxServerFrame } from '../../core/link/limits.ts';
import { buildGatewayMessage, parseServerMessage, type ServerMessage } from '../../core/link/messages.ts';
import { buildDataGreeting, controlGreeting } from '../../core/link/preface.ts';
import { signTicket, ticketKeyId } from '../../core/link/ticket.ts';
import type { Ticket } from '../../core/link/ticket-content.ts';
import { assertGood, buildRequest, createSurroundings, type Surroundings, until } from './surroundings.ts';

/** A peer that says whatever a test wants. */
type RawPeer = {
  readonly socket: net.Socket;
  readonly messages: ServerMessage[];
  readonly closed: () => boolean;
};

describe('hostile peers of a repository server', { concurrency: true }, () => {
  let world: Surroundings;
  before(async () => {
    const git = fileURLToPath(new URL('./stand-in-git.sh', import.meta.url));
    world = await createSurroundings({ tcp: true, git });
  });
  after(async () => {
    // Whatever they did, others are served.
    assertGood(await world.git('clone', '-q', 'maintainer:app', 'afterwards'));
    await world.close();
  });

  function connect(greeting: Uint8Array): RawPeer {
    const socket = net.connect({ ...world.server.address, allowHalfOpen: true });
    const decoder = createFrameDecoder(maxServerFrame);
    const messages: ServerMessage[] = [];
    let closed = false;
    socket.on('data', (chunk) => {
      const frames = decoder.push(chunk);
      for (const frame of frames.ok ? frames.value : []) {
        const message = parseServerMessage(frame);
        if (message.ok && message.value !== undefined) messages.push(message.value);
      }
    });
    socket.on('error', () => {});
    socket.on('end', () => {
      closed = true;
    });
    socket.on('close', () => {
      closed = true;
    });
    socket.write(greeting);
    return { socket, messages, closed: () => closed };
  }

  async function connectControl(): Promise<RawPeer & { nonce: string }> {
    const peer = connect(controlGreeting);
    const hello = await until(() => peer.messages[0]);
    assert.ok(hello.type === 'hello');
    return { ...peer, nonce: hello.nonce };
  }

  function sendTicket(peer: RawPeer, session: number, ticket: Ticket, key: KeyObject, keyId = ticketKeyId(key)): void {
    const signed = signTicket(ticket, key, keyId);
    assert.ok(signed.ok);
    const { bytes, signature } = signed.value;
    peer.socket.write(
      buildGatewayMessage({ type: 'open', session, keyId, signature: signature.toString('base64url'), bytes }),
    );
  }

  const answerTo = (peer: RawPeer, session: number, nth = 0): Promise<ServerMessage> =>
    until(() => peer.messages.filter((message) => 'session' in message && message.session === session)[nth]);

  const build = (nonce: string, counter: number): Ticket => ({
    nonce,
    counter,
    pod: 'pool-0',
    order: { ...buildRequest('reader', 'upload-pack'), gitProtocol: 'echo' },
  });

  const stranger = generateKeyPairSync('ed25519').privateKey;

  for (const [name, forge] of [
    ["another's key", { key: () => stranger }],
    ["another's key under a known id", { key: () => stranger, keyId: () => ticketKeyId(world.keys.publicKey) }],
    ['for another pod', { change: { pod: 'pool-1' } }],
    ['for another connection', { change: { nonce: 'bm9uY2Utb2YtYW5vdGhlcg' } }],
    ['for another session', { change: { counter: 7 } }],
  ] as const)
    test(`a ticket ${name} opens nothing`, async () => {
      const peer = await connectControl();
      const key = 'key' in forge ? forge.key() : world.keys.privateKey;
      const keyId = 'keyId' in forge ? forge.keyId() : ticketKeyId(key);
      sendTicket(peer, 1, { ...build(peer.nonce, 1), ...('change' in forge && forge.change) }, key, keyId);
      const answer = await answerTo(peer, 1);
      assert.ok(answer.type === 'failed');
      assert.equal(answer.code, 'TicketRefused');
      peer.socket.destroy();
    });

  test('a ticket is good for one session', async () => {
    const peer = await connectControl();
    sendTicket(peer, 1, build(peer.nonce, 1), world.keys.privateKey);
    assert.equal((await answerTo(peer, 1)).type, 'accepted');
    sendTicket(peer, 1, build(peer.nonce, 1), world.keys.privateKey);
    const again = await answerTo(peer, 1, 1);
    assert.ok(again.type === 'failed');
    assert.equal(again.message, 'Replayed');
    peer.socket.destroy();
  });

  test('a token is good for one connection, and one that speaks too soon is not served', async () => {
    const peer = await connectControl();
    sendTicket(peer, 1, build(peer.nonce, 1), world.keys.privateKey);
    const accepted = await answerTo(peer, 1);
    assert.ok(accepted.type === 'accepted');
    const early = connect(Buffer.concat([buildDataGreeting(accepted.token), Buffer.from('x')]));
    await until(early.closed);
    const first = connect(buildDataGreeting(accepted.token));
    assert.equal((await answerTo(peer, 1, 1)).type, 'ready');
    const second = connect(buildDataGreeting(accepted.token));
    await until(second.closed);
    assert.equal(first.closed(), false);
    // The gateway vanishes: so does its session.
    peer.socket.destroy();
    await until(first.closed);
  });

  for (const [name, bytes] of [
    ['a frame of 4 GiB', Buffer.alloc(4, 0xff)],
    ['a frame over the bound', Buffer.concat([Buffer.from([0, 2, 0, 1]), Buffer.alloc(1000)])],
    ['a head that is no JSON', buildFrame('{')],
    ['a message without its fields', buildFrame('{"type":"cancel"}')],
  ] as const)
    test(`${name} ends the connection`, async () => {
      const peer = await connectControl();
      peer.socket.write(bytes);
      await until(peer.closed);
    });

  test('why a connection ended is told: by us, and by the system', async () => {
    const told = (wanted: string) =>
      until(() => world.events.some((event) => event.type === 'LinkEnded' && event.detail === wanted));
    const talker = await connectControl();
    talker.socket.write(Buffer.alloc(4, 0xff));
    await told('TooLong');
    const vanished = await connectControl();
    vanished.socket.resetAndDestroy();
    await told('read ECONNRESET');
  });

  test('messages about sessions of others, or of a later version, do nothing', async () => {
    const peer = await connectControl();
    peer.socket.write(buildGatewayMessage({ type: 'cancel', session: 99, reason: '' }));
    peer.socket.write(buildGatewayMessage({ type: 'stderrCredit', session: 99, bytes: 1 }));
    peer.socket.write(buildFrame('{"type":"news"}', Buffer.alloc(1000)));
    peer.socket.write(buildGatewayMessage({ type: 'ping' }));
    await until(() => peer.messages.some(({ type }) => type === 'pong'));
    peer.socket.destroy();
  });

  for (const [name, greeting] of [
    ['a stranger', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a token that nobody gave', buildDataGreeting('A'.repeat(43))],
    ['more than a greeting', Buffer.concat([buildDataGreeting('A'.repeat(43)), Buffer.alloc(100_000)])],
  ] as const)
    test(`refused: ${name}`, async () => {
      await until(connect(greeting).closed);
    });

  test('who says nothing, or one byte at a time, is closed after five seconds', async () => {
    const silent = connect(Buffer.alloc(0));
    const slow = connect(controlGreeting.subarray(0, 1));
    const timer = setInterval(() => slow.socket.write('g'), 1000);
    await until(() => silent.closed() && slow.closed());
    clearInterval(timer);
  });

  test('who has no ticket does not keep a place among the gateways', async () => {
    const peer = await connectControl();
    const timer = setInterval(() => peer.socket.write(buildGatewayMessage({ type: 'ping' })), 1000);
    await until(peer.closed, 15);
    clearInterval(timer);
  });

  test('a session whose data connection does not come is given up', async () => {
    const peer = await connectControl();
    sendTicket(peer, 1, build(peer.nonce, 1), world.keys.privateKey);
    assert.equal((await answerTo(peer, 1)).type, 'accepted');
    const timer = setInterval(() => peer.socket.write(buildGatewayMessage({ type: 'ping' })), 1000);
    const failed = await until(() => peer.messages.find(({ type }) => type === 'failed'), 15);
    clearInterval(timer);
    assert.ok(failed.type === 'failed');
    assert.equal(failed.code, 'NoDataConnection');
    peer.socket.destroy();
  });
});
