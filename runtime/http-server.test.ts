import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startHttpServer } from './http-server.ts';
import { createMetrics } from './metrics.ts';
import { StartupError } from './startup-error.ts';

async function start(context: TestContext) {
  const reasons: string[] = [];
  const metrics = createMetrics({ component: 'test', version: '1.2.3' });
  const server = await startHttpServer({ listen: { host: '127.0.0.1', port: 0 }, metrics, notReady: () => reasons });
  context.after(() => server.close());
  const url = `http://127.0.0.1:${server.address.port}`;
  return { reasons, server, url };
}

test('answers for life, readiness with its reasons, and metrics', async (context) => {
  const { reasons, url } = await start(context);
  assert.equal((await fetch(`${url}/livez`)).status, 200);
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  reasons.push('no index yet', 'the repository server is down');
  const notReady = await fetch(`${url}/readyz?verbose`);
  assert.equal(notReady.status, 503);
  assert.equal(await notReady.text(), 'not ready:\n- no index yet\n- the repository server is down\n');
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, /git_ingress_build_info\{component="test",version="1\.2\.3"\} 1/);
  assert.match(metrics, /nodejs_eventloop_lag_p99_seconds/);
});

test('metrics that cannot be collected are told of here, and not to who asked', async (context) => {
  const faults: unknown[] = [];
  const fault = new Error('a collector failed');
  const server = await startHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    metrics: { contentType: 'text/plain', metrics: () => Promise.reject(fault) },
    notReady: () => [],
    onFault: (error) => void faults.push(error),
  });
  context.after(() => server.close());
  const answer = await fetch(`http://127.0.0.1:${server.address.port}/metrics`);
  assert.deepEqual([answer.status, await answer.text()], [500, 'the metrics could not be collected\n']);
  assert.deepEqual(faults, [fault]);
});

test('answers nothing else', async (context) => {
  const { url } = await start(context);
  assert.equal((await fetch(`${url}/`)).status, 404);
  const post = await fetch(`${url}/livez`, { method: 'POST', body: 'x' });
  assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD']);
  const head = await fetch(`${url}/livez`, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text(), head.headers.get('content-length')], [200, '', '3']);
});

test('an address that is in use is told of in words', async (context) => {
  const { server } = await start(context);
  const metrics = createMetrics({ component: 'test', version: '1' });
  await assert.rejects(startHttpServer({ listen: server.address, metrics, notReady: () => [] }), (error) => {
    assert.ok(error instanceof StartupError);
    assert.match(
      error.message,
      /^cannot listen on 127\.0\.0\.1:\d+ for HTTP: the address is in use .* with --http-listen HOST:PORT \(or GIT_/,
    );
    return true;
  });
});

test('closing does not wait for clients that hold on', async (context) => {
  const { server } = await start(context);
  const client = connect(server.address.port, '127.0.0.1').on('error', () => {});
  const closed = new Promise((resolve) => client.on('close', resolve));
  await once(client, 'connect');
  client.write('GET /livez HTTP/1.1\r\nHost: x\r\n');
  await server.close();
  await closed;
});
