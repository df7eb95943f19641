import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessIndex } from '../core/index/access-index.ts';
import { keyHash } from '../core/ssh/fingerprint.ts';
import { createAuthentication, type VerifiedKey } from './authentication.ts';
import { systemClock } from './clock.ts';
import type { GatewayEvent } from './events.ts';
import { createOneAtATime, type OneAtATime } from './one-at-a-time.ts';
import type { AccessIndexSource, RepositoryDialer } from './ports.ts';
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
  const told = { stdout: '', stderr: '', status: undefined as number | undefined, last: '' };
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
    abort: (_, words) => {
      told.last += words;
    },
  };
  return { channel, told, close: () => closed.abort() };
}

const nowhere: RepositoryDialer = { open: () => Promise.reject(new Error('there is none')), close: async () => {} };

type Source = AccessIndexSource & { current: AccessIndex; swap(index: AccessIndex): void };

function createSource(current: AccessIndex): Source {
  const subscribers = new Set<(index: AccessIndex) => void>();
  const source: Source = {
    current,
    ageSeconds: () => 0,
    subscribe(onSwap) {
      subscribers.add(onSwap);
      return () => subscribers.delete(onSwap);
    },
    swap(index) {
      source.current = index;
      for (const subscriber of subscribers) subscriber(index);
    },
  };
  return source;
}

type Asked = { readonly source: Source; readonly command?: string; readonly greetInTurn?: OneAtATime };

/** Runs a command, or a greeting, and gives what came of it. */
async function ask(
  { source, command, greetInTurn = createOneAtATime(1) }: Asked,
  { channel, told } = createChannel(),
  dialer: RepositoryDialer = nowhere,
) {
  const events: GatewayEvent[] = [];
  const emit = (event: GatewayEvent): void => void events.push(event);
  const watchList = createWatchList(source, systemClock, emit);
  const { admit, identify } = createAuthentication(source, systemClock, Number.POSITIVE_INFINITY);
  const limits = { maxDuration: 0, idleTimeout: 0, requestTimeout: 0, pushTimeout: 0 };
  const context = { source, admit, identify, dialer, watchList, limits, emit, clock: systemClock, greetInTurn };
  const request = { command, gitProtocol: undefined };
  await runSession({ ...context, isDraining: () => false }, { client, key }, channel, request);
  watchList.close();
  return { told, events };
}

/** Greets over an index. */
const greet = (index: AccessIndex, greetInTurn: OneAtATime, channel = createChannel()) =>
  ask({ source: createSource(index), greetInTurn }, channel);

/** It knows keys, and no repositories. */
function brokenIndex(fault: Error): AccessIndex {
  const fail = (): never => {
    throw fault;
  };
  return { ...usual, keys: (hash) => usual.keys(hash), repository: fail, repositories: fail };
}

test('a session without a command is greeted', async () => {
  const { told, events } = await greet(usual, createOneAtATime(1));
  assert.match(told.stdout, /^Hello team\/alice, .*\n\nYou can reach:\n {2}read {2}team\/app\n$/);
  assert.deepEqual([told.status, events.map(({ type }) => type)], [0, ['Greeted']]);
});

test('a fault is told to the client and the log, and goes no further', async () => {
  const fault = new Error('the index is broken');
  const { told, events } = await greet(brokenIndex(fault), createOneAtATime(1));
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

test('a session that cannot be checked against a new index ends, and so does its git', async () => {
  const fault = new Error('the index is broken');
  const source = createSource(usual);
  const waiting: RepositoryDialer = {
    ...nowhere,
    open: (_, signal) => {
      queueMicrotask(() => source.swap(brokenIndex(fault)));
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  };
  const { told, events } = await ask({ source, command: "git-upload-pack 'team/app'" }, createChannel(), waiting);
  assert.match(told.last, /^git-ingress: session ended: something went wrong on the server \(correlation id \w+\)\n$/);
  const [first, last] = events;
  assert.deepEqual(first, { type: 'CheckFailed', cause: fault });
  assert.ok(last?.type === 'SessionEnded');
  assert.deepEqual([last.outcome, last.exitStatus, last.cause], ['Fault', 1, fault]);
});
