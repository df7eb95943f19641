import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessIndex } from '../core/index/access-index.ts';
import { keyHash } from '../core/ssh/fingerprint.ts';
import { createAuthentication, type VerifiedKey } from './authentication.ts';
import { systemClock } from './clock.ts';
import type { GatewayEvent } from './events.ts';
import { createOneAtATime, type OneAtATime } from './one-at-a-time.ts';
import type { RepositoryDialer } from './ports.ts';
import { runSession } from './session.ts';
import type { SshChannel } from './ssh/connection.ts';
import { indexOf, keyBlob, publicKey } from './testing/small-index.ts';
import { createWatchList } from './watch-list.ts';

const usual = indexOf({
  'GitUser/alice': {},
  'SSHKey/laptop': { publicKey, userRef: { name: 'alice' } },
  'Repository/app': { access: [{ role: 'Read', subjects: [{ kind: 'Everyone' }] }] },
});

const key = {
  ...{ hash: keyHash(keyBlob), fingerprint: 'SHA256:x', loginName: 'git', address: '192.0.2.1' },
} as VerifiedKey;
const client = { connectionId: 'c', address: '192.0.2.1', clientVersion: 'x' };

/** A channel that keeps what it was told. */
function createChannel() {
  const told = { stdout: '', stderr: '', status: undefined as number | undefined };
  const closed = new AbortController();
  const channel: SshChannel = {
    closed: closed.signal,
    write: (bytes) => {
      told.stdout += bytes;
      return true;
    },
    writeStderr: (bytes) => {
      told.stderr += bytes;
      return true;
    },
    onDrain: () => {},
    onStderrDrain: () => {},
    onData: () => true,
    onEnd: () => {},
    resume: () => {},
    exit: (status) => {
      told.status = status;
    },
    abort: () => {},
  };
  return { channel, told, close: () => closed.abort() };
}

const dialer: RepositoryDialer = { open: () => Promise.reject(new Error('there is none')), close: async () => {} };

/** Greets over an index, and gives what came of it. */
async function greet(index: AccessIndex, greetInTurn: OneAtATime, { channel, told } = createChannel()) {
  const events: GatewayEvent[] = [];
  const source = { current: index, ageSeconds: () => 0, subscribe: () => () => {} };
  const watchList = createWatchList(source, systemClock);
  watchList.close();
  const { admit, identify } = createAuthentication(source, systemClock, Number.POSITIVE_INFINITY);
  const limits = { maxDuration: 0, idleTimeout: 0, requestTimeout: 0, pushTimeout: 0 };
  const emit = (event: GatewayEvent): void => void events.push(event);
  const context = { source, admit, identify, dialer, watchList, limits, emit, clock: systemClock, greetInTurn };
  const request = { command: undefined, gitProtocol: undefined };
  await runSession({ ...context, isDraining: () => false }, { client, key }, channel, request);
  return { told, events };
}

test('a session without a command is greeted', async () => {
  const { told, events } = await greet(usual, createOneAtATime(1));
  assert.match(told.stdout, /^Hello team\/alice, .*\n\nYou can reach:\n {2}read {2}team\/app\n$/);
  assert.deepEqual([told.status, events.map(({ type }) => type)], [0, ['Greeted']]);
});

test('a fault is told to the client and the log, and goes no further', async () => {
  const fault = new Error('the index is broken');
  const broken: AccessIndex = {
    ...usual,
    keys: (hash) => usual.keys(hash),
    repositories: () => {
      throw fault;
    },
  };
  const { told, events } = await greet(broken, createOneAtATime(1));
  assert.match(told.stderr, /^git-ingress: something went wrong on the server \(correlation id \w+\)\n$/);
  assert.equal(told.status, 1);
  const [event] = events;
  assert.ok(event?.type === 'SessionRefused');
  assert.deepEqual([event.reason, event.cause], ['Fault', fault]);
});

test('when too many wait for their greeting, the next is told to try again', async () => {
  const inTurn = createOneAtATime(0);
  const gate = Promise.withResolvers<void>();
  void inTurn(() => gate.promise);
  const { told, events } = await greet(usual, inTurn);
  assert.match(told.stderr, /try again/);
  assert.deepEqual(
    [told.status, events.map((event) => event.type === 'SessionRefused' && event.reason)],
    [1, ['TooManyGreetings']],
  );
  gate.resolve();
});

test('who waits for a greeting may be gone when it is their turn', async () => {
  const inTurn = createOneAtATime(1);
  const gate = Promise.withResolvers<void>();
  void inTurn(() => gate.promise);
  const waiting = createChannel();
  const greeted = greet(usual, inTurn, waiting);
  waiting.close();
  gate.resolve();
  const { events } = await greeted;
  assert.deepEqual(
    events.map(({ type }) => type),
    ['Greeted'],
  );
});
