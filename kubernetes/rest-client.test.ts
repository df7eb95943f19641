import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Registry } from 'prom-client';
import { ApiError, ConnectionFault } from './api-error.ts';
import { connectCluster } from './connection.ts';
import { createClientMetrics } from './metrics.ts';
import { createRestClient, maxBodyBytes, type RestClient, type RestRequest } from './rest-client.ts';
import { type Answer, answerJson, buildStatus, type OddServer, startOddServer } from './testing/odd-server.ts';

const read: RestRequest = { method: 'GET', path: '/api' };
const post: RestRequest = { method: 'POST', path: '/api', contentType: 'application/json', body: '{}' };

type Bench = { readonly client: RestClient; readonly server: OddServer; readonly metrics: () => Promise<string> };

async function start(context: TestContext, ...answers: readonly Answer[]): Promise<Bench> {
  const left = [...answers];
  const server = await startOddServer(context, (request, response) => {
    const answer = left.length > 1 ? left.shift() : left[0];
    answer?.(request, response);
  });
  const connection = connectCluster({ kubeconfig: server.kubeconfig });
  context.after(() => connection.destroy());
  const registry = new Registry();
  const client = createRestClient(connection, createClientMetrics(registry));
  return { client, server, metrics: () => registry.metrics() };
}

const good: Answer = (_request, response) => answerJson(response, 200, { good: true });
const tooMany =
  (retryAfter?: string): Answer =>
  (_request, response) =>
    answerJson(response, 429, buildStatus(429, 'TooManyRequests'), retryAfter ? { 'retry-after': retryAfter } : {});
const broken: Answer = (_request, response) => void response.destroy();

// The client library throws at once.
for (const request of [read, post]) {
  test(`429: a ${request.method} comes again when the server says, and not before`, async (context) => {
    const { client, server, metrics } = await start(context, tooMany('1'), good);
    const startedAt = performance.now();
    assert.deepEqual(await client.json(request), { good: true });
    assert.ok(performance.now() - startedAt >= 1_000);
    assert.equal(server.requests.length, 2);
    const host = `127.0.0.1:${server.port}`;
    const counted = new RegExp(
      `rest_client_requests_total\\{code="429",method="${request.method}",host="${host}"\\} 1`,
    );
    assert.match(await metrics(), counted);
    assert.match(await metrics(), /rest_client_request_retries_total\{code="429"/);
  });
}

test('429 that would last beyond the deadline is told of at once, with the time to wait', async (context) => {
  const { client, server } = await start(context, tooMany('3600'));
  const startedAt = performance.now();
  await assert.rejects(client.json(read, { deadlineMs: 60_000 }), (error) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.reason, error.retryAfterMs], [429, 'TooManyRequests', 3_600_000]);
    return true;
  });
  assert.ok(performance.now() - startedAt < 30_000);
  assert.equal(server.requests.length, 1);
});

// The client library has no deadline but undici's of 300 s.
test('a server that says nothing, or begins and never ends, costs no more than the deadline', async (context) => {
  const { client } = await start(
    context,
    () => {},
    (_request, response) => void response.write('{'),
  );
  for (let round = 0; round < 2; round++) {
    const startedAt = performance.now();
    await assert.rejects(client.json(read, { deadlineMs: 200 }), { code: 'Timeout' });
    assert.ok(performance.now() - startedAt < 10_000);
  }
});

test('a connection that breaks: a GET comes again, a POST that may have been heard does not', async (context) => {
  const { client, server } = await start(context, broken, good);
  assert.deepEqual(await client.json(read), { good: true });
  assert.equal(server.requests.length, 2);
  server.answer = broken;
  await assert.rejects(client.json(post), ConnectionFault);
  assert.equal(server.requests.length, 3);
});

test('503 without a word of when: a GET comes again, a POST that a proxy may have passed on does not', async (context) => {
  const unavailable: Answer = (_request, response) => response.writeHead(503).end();
  const { client, server } = await start(context, unavailable, good);
  assert.deepEqual(await client.json(read), { good: true });
  server.answer = unavailable;
  await assert.rejects(client.json(post), { status: 503 });
  assert.equal(server.requests.length, 3);
});

test('401: credentials are read anew, once', async (context) => {
  const refuse: Answer = (_request, response) => answerJson(response, 401, buildStatus(401, 'Unauthorized'));
  const { client, server } = await start(context, refuse, good);
  assert.deepEqual(await client.json(read), { good: true });
  server.answer = refuse;
  await assert.rejects(client.json(read), { status: 401, reason: 'Unauthorized' });
  assert.equal(server.requests.length, 4);
});

test('an error tells status, reason and message, and is not tried again', async (context) => {
  const { client, server } = await start(
    context,
    (_request, response) => answerJson(response, 409, buildStatus(409, 'Conflict', 'somebody was quicker')),
    (_request, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'),
    (_request, response) => response.end('{'),
  );
  await assert.rejects(client.json(read), { status: 409, reason: 'Conflict', message: 'somebody was quicker' });
  await assert.rejects(client.json(read), { status: 502, reason: '', message: 'HTTP status 502' });
  await assert.rejects(client.json(read), { code: 'Malformed' });
  assert.equal(server.requests.length, 3);
});

test('a body that never ends is bounded in bytes', async (context) => {
  let sent = 0;
  const { client } = await start(context, (_request, response) => {
    const chunk = Buffer.alloc(64 * 2 ** 10, ' ');
    let isOpen = true;
    response.once('close', () => {
      isOpen = false;
    });
    const push = (): void => {
      if (!isOpen) return;
      sent += chunk.length;
      response.write(chunk, () => setImmediate(push));
    };
    push();
  });
  await assert.rejects(client.json(read), { code: 'TooLarge' });
  assert.ok(sent < maxBodyBytes + 8 * 2 ** 20, `${sent} bytes`);
});

test('a stream lives on after the deadline of its headers, until its signal', async (context) => {
  const { client } = await start(context, (_request, response) => void response.write('first\n'));
  const ending = new AbortController();
  const { body } = await client.stream(read, { signal: ending.signal, deadlineMs: 100 });
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(body.destroyed, false);
  const reason = new Error('enough');
  body.on('error', () => {});
  ending.abort(reason);
  await new Promise((resolve) => body.once('close', resolve));
});

test('a stream whose headers do not come is given up', async (context) => {
  const { client } = await start(context, () => {});
  const { signal } = new AbortController();
  await assert.rejects(client.stream(read, { signal, deadlineMs: 100 }), { code: 'Timeout' });
});
