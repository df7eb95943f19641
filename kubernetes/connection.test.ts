import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { Http2ServerRequest, Http2Session } from 'node:http2';
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { StartupError } from '../runtime/startup-error.ts';
import { ConnectionFault } from './api-error.ts';
import { type ClusterConnection, connectCluster } from './connection.ts';
import { readBody } from './read-body.ts';
import { answerJson, buildKubeconfig, startOddServer } from './testing/odd-server.ts';
import { makeSelfSignedCertificate } from './testing/self-signed-certificate.ts';
import { until } from './testing/until.ts';

const never = new AbortController().signal;

function connect(context: TestContext, kubeconfig: string): ClusterConnection {
  const connection = connectCluster({ kubeconfig });
  context.after(() => connection.destroy());
  return connection;
}

/** A network between the two, of which the connections so far can be made to swallow everything. */
async function startRelay(
  context: TestContext,
  target: number,
  host = '127.0.0.1',
): Promise<{ port: number; swallow(): void }> {
  const ends: Socket[] = [];
  const relay = createServer((socket) => {
    const onward = connectTcp(target, '127.0.0.1');
    for (const end of [socket, onward]) ends.push(end.on('error', () => {}));
    socket.pipe(onward).pipe(socket);
  }).listen(0, host);
  await once(relay, 'listening');
  context.after(() => {
    for (const end of ends) end.destroy();
    relay.close();
  });
  return {
    port: (relay.address() as AddressInfo).port,
    swallow() {
      for (const end of ends) end.unpipe().resume();
    },
  };
}

/** What accepts connections, and never says a word on them. */
async function startMute(context: TestContext): Promise<{ kubeconfig: string; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const mute = createServer((socket) => sockets.push(socket.on('error', () => {}).resume())).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    mute.close();
  });
  const { kubeconfig, caFile } = await startOddServer(context, () => {});
  writeFileSync(kubeconfig, buildKubeconfig(`https://127.0.0.1:${(mute.address() as AddressInfo).port}`, caFile));
  return { kubeconfig, sockets };
}

/** By Node's HTTP/2, the connection that a request came on. */
const sessionOf = (request: object): Http2Session => {
  const { session } = (request as Http2ServerRequest).stream;
  assert.ok(session !== undefined);
  return session;
};

async function get(connection: ClusterConnection, path = '/version'): Promise<string> {
  const { body } = await connection.send({ method: 'GET', path, signal: never });
  return readBody(body, 1_000, never);
}

// The client library makes a connection for each request.
test('all requests share one connection, also those that come before it is made, and while a watch is open', async (context) => {
  const server = await startOddServer(context, (request, response) => {
    if (request.url === '/watch') response.write('\n');
    else answerJson(response, 200, {});
  });
  const connection = connect(context, server.kubeconfig);
  const early = Array.from({ length: 48 }, () => get(connection));
  const watch = await connection.send({ method: 'GET', path: '/watch', signal: never });
  await Promise.all([...early, ...Array.from({ length: 48 }, () => get(connection))]);
  watch.body.destroy();
  assert.equal(server.requests.length, 97);
  assert.equal(server.connections.length, 1);
});

test('a server that says goodbye (GOAWAY) while a watch runs loses no request', async (context) => {
  let count = 0;
  const server = await startOddServer(context, (request, response) => {
    if (request.url === '/watch') return void response.write('\n');
    count += 1;
    if (count % 20 === 0) sessionOf(request).goaway(0);
    setImmediate(() => answerJson(response, 200, {}));
  });
  const connection = connect(context, server.kubeconfig);
  const watch = await connection.send({ method: 'GET', path: '/watch', signal: never });
  let left = 200;
  const work = async (): Promise<void> => {
    while (left-- > 0) await get(connection);
  };
  await Promise.all(Array.from({ length: 20 }, work));
  assert.ok(server.connections.length > 5);
  watch.body.destroy();
});

test('where the server speaks HTTP/1 alone, a watch holds up nobody, and connections are bounded', async (context) => {
  const server = await startOddServer(
    context,
    (request, response) => {
      if (request.url === '/watch') response.write('\n');
      else answerJson(response, 200, {});
    },
    { protocol: 'http/1.1' },
  );
  const connection = connect(context, server.kubeconfig);
  const watch = await connection.send({ method: 'GET', path: '/watch', signal: never });
  await Promise.all(Array.from({ length: 200 }, () => get(connection)));
  watch.body.destroy();
  // One more: that which showed that there is no HTTP/2.
  assert.ok(server.connections.length <= 33, `${server.connections.length} connections`);
});

test('a server that vanished without a word is given up; one that answers pings is not', async (context) => {
  const server = await startOddServer(context, (request, response) => {
    if (request.url === '/watch') response.write('\n');
    else answerJson(response, 200, {});
  });
  const between = await startRelay(context, server.port);
  writeFileSync(server.kubeconfig, buildKubeconfig(`https://127.0.0.1:${between.port}`, server.caFile));
  const connection = connectCluster({ kubeconfig: server.kubeconfig }, { beatMs: 50 });
  context.after(() => connection.destroy());
  const { body } = await connection.send({ method: 'GET', path: '/watch', signal: never });
  body.resume();
  const isOver = once(body, 'error');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.equal(body.destroyed, false);
  between.swallow();
  await isOver;
  await get(connection);
  assert.equal(server.connections.length, 2);
});

test('a watch that is silent is not given up because the server has said goodbye', async (context) => {
  const server = await startOddServer(context, (request, response) => {
    response.write('\n');
    sessionOf(request).goaway(0);
  });
  const connection = connectCluster({ kubeconfig: server.kubeconfig }, { beatMs: 30 });
  context.after(() => connection.destroy());
  const { body } = await connection.send({ method: 'GET', path: '/watch', signal: never });
  body.resume();
  await new Promise((resolve) => setTimeout(resolve, 10 * 30));
  assert.equal(body.destroyed, false);
  // Where the server has vanished after it, the connection is not kept for ever.
  await once(body, 'error');
});

test('to close waits for what runs, also after a goodbye, and as often as it is asked', async (context) => {
  let end = (): void => {};
  const server = await startOddServer(context, (request, response) => {
    response.write('\n');
    sessionOf(request).goaway(0);
    end = () => response.end();
  });
  const connection = connect(context, server.kubeconfig);
  const { body } = await connection.send({ method: 'GET', path: '/watch', signal: never });
  await once(body, 'readable');
  let isClosed = false;
  const closing = [connection.close(), connection.close()].map((close) => close.then(() => (isClosed = true)));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(isClosed, false);
  end();
  assert.equal(await readBody(body, 1_000, never), '\n');
  await Promise.all(closing);
  await connection.close();
});

test('while the connection is being made, a request ends with its signal', async (context) => {
  const mute = await startMute(context);
  const connection = connect(context, mute.kubeconfig);
  const startedAt = performance.now();
  const signal = AbortSignal.timeout(50);
  await assert.rejects(connection.send({ method: 'GET', path: '/', signal }), { name: 'TimeoutError' });
  assert.ok(performance.now() - startedAt < 2_500);
});

test('to close or destroy a connection that is being made ends it, and what waits for it', async (context) => {
  for (const end of ['close', 'destroy'] as const) {
    const mute = await startMute(context);
    const connection = connect(context, mute.kubeconfig);
    const waiting = assert.rejects(connection.send({ method: 'POST', path: '/', signal: never }), { sent: false });
    await until(() => mute.sockets.length > 0);
    const startedAt = performance.now();
    await connection[end]();
    await waiting;
    await until(() => mute.sockets.every((socket) => socket.readableEnded || socket.destroyed));
    assert.ok(performance.now() - startedAt < 2_500);
  }
});

test('an API server with an IPv6 address is reached', async (context) => {
  const server = await startOddServer(context, (_request, response) => answerJson(response, 200, {}));
  const relay = await startRelay(context, server.port, '::1');
  const config = JSON.parse(buildKubeconfig('', server.caFile));
  config.clusters[0].cluster = { server: `https://[::1]:${relay.port}`, 'insecure-skip-tls-verify': true };
  writeFileSync(server.kubeconfig, JSON.stringify(config));
  assert.equal(await get(connect(context, server.kubeconfig)), '{}');
});

test('a CA file that was replaced is used from then on, and the connection of before is let go', async (context) => {
  const server = await startOddServer(context, (_request, response) => answerJson(response, 200, {}));
  const connection = connect(context, server.kubeconfig);
  await get(connection);
  await server.close();
  const certificate = makeSelfSignedCertificate();
  const renewed = await startOddServer(context, (_request, response) => answerJson(response, 200, {}), {
    ...{ port: server.port, certificate },
  });
  await assert.rejects(get(connection), ConnectionFault);
  writeFileSync(server.caFile, certificate.cert);
  connection.forgetCredentials();
  await get(connection);
  assert.equal(renewed.requests.length, 1);
});

test('a kubeconfig with another token is read after the first one was refused', async (context) => {
  const tokens: unknown[] = [];
  const server = await startOddServer(context, (request, response) => {
    tokens.push(request.headers.authorization);
    answerJson(response, 200, {});
  });
  const connection = connect(context, server.kubeconfig);
  await get(connection);
  writeFileSync(server.kubeconfig, buildKubeconfig(`https://127.0.0.1:${server.port}`, server.caFile, 'token-2'));
  connection.forgetCredentials();
  await get(connection);
  assert.deepEqual(tokens, ['Bearer token-1', 'Bearer token-2']);
});

test('a request ends with its signal, before and after the headers', async (context) => {
  const server = await startOddServer(context, (request, response) => {
    if (request.url === '/headers') response.write('{');
  });
  const connection = connect(context, server.kubeconfig);
  const reason = new Error('enough');
  const ending = new AbortController();
  const silent = connection.send({ method: 'GET', path: '/silent', signal: ending.signal });
  const { body } = await connection.send({ method: 'GET', path: '/headers', signal: ending.signal });
  const reading = readBody(body, 1_000, ending.signal);
  ending.abort(reason);
  await assert.rejects(silent, reason);
  await assert.rejects(reading, reason);
});

// undici's way to end a stream made Node busy for ever, or left a stream behind whose error ended the process.
test('a request that is given up while its body waits to be sent holds up nobody', async (context) => {
  const server = await startOddServer(context, (request, response) => {
    if (request.method === 'GET') answerJson(response, 200, {});
  });
  const connection = connect(context, server.kubeconfig);
  await get(connection);
  for (const length of [2, 300_000]) {
    for (const pause of [0, 20]) {
      const ending = new AbortController();
      const put = { ...({ method: 'PUT', path: '/' } as const), contentType: 'text/plain', body: 'x'.repeat(length) };
      const refused = assert.rejects(connection.send({ ...put, signal: ending.signal }), /enough/);
      await new Promise((resolve) => setTimeout(resolve, pause));
      ending.abort(new Error('enough'));
      await refused;
      await get(connection);
    }
  }
  assert.equal(server.connections.length, 1);
});

test('an answer to a request that was given up is nothing, also when the connection breaks then', async (context) => {
  const server = await startOddServer(context, (_request, response) => answerJson(response, 200, {}));
  const connection = connect(context, server.kubeconfig);
  for (let turns = 0; turns < 30; turns++) {
    // The next request may still go to the connection that was broken.
    await get(connection).catch(() => get(connection));
    const ending = new AbortController();
    const given = connection.send({ method: 'GET', path: '/', signal: ending.signal }).catch(() => {});
    // It is made in one of these turns, and given up in the same.
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    ending.abort(new Error('enough'));
    await given;
    await get(connection);
    server.connections.at(-1)?.resetAndDestroy();
  }
});

test('an answer that is cut off is told from one that has ended', async (context) => {
  const server = await startOddServer(context, (request, response) => {
    response.write('{"items": []');
    setImmediate(() => (request as unknown as Http2ServerRequest).stream.close(Number(request.url?.slice(1))));
  });
  const connection = connect(context, server.kubeconfig);
  // CANCEL and INTERNAL_ERROR
  for (const code of [8, 2]) await assert.rejects(get(connection, `/${code}`), ConnectionFault);
});

test('an answer is cut off by a connection that breaks after a goodbye', async (context) => {
  const server = await startOddServer(context, (request, response) => {
    response.write('{"items": []');
    sessionOf(request).goaway(0);
    setTimeout(() => server.connections.at(-1)?.resetAndDestroy(), 20);
  });
  await assert.rejects(get(connect(context, server.kubeconfig)), ConnectionFault);
});

// Node would keep its stream for as long as the connection.
test('nothing stays of a request that was answered before all of it was sent', async (context) => {
  const server = await startOddServer(context, (request, response) => {
    request.once('data', () => {
      request.pause();
      answerJson(response, 413, {});
    });
  });
  const connection = connect(context, server.kubeconfig);
  const put = { ...({ method: 'PUT', path: '/' } as const), contentType: 'text/plain', body: 'x'.repeat(300_000) };
  const { body } = await connection.send({ ...put, signal: never });
  assert.equal(await readBody(body, 1_000, never), '{}');
  await connection.close();
});

test('a server that is not there can have seen nothing', async (context) => {
  const closed = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => closed.once('listening', resolve));
  const { port } = closed.address() as { port: number };
  closed.close();
  const server = await startOddServer(context, () => {});
  writeFileSync(server.kubeconfig, buildKubeconfig(`https://127.0.0.1:${port}`, server.caFile));
  await assert.rejects(get(connect(context, server.kubeconfig)), { code: 'Unreachable', sent: false });
});

test('the proxy of a kubeconfig is used', async (context) => {
  const server = await startOddServer(context, (_request, response) => answerJson(response, 200, {}), {
    protocol: 'http/1.1',
  });
  const targets: (string | undefined)[] = [];
  const proxy = createHttpServer().on('connect', (request, socket) => {
    targets.push(request.url);
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const onward = connectTcp(server.port, '127.0.0.1');
    for (const end of [socket, onward]) end.on('error', () => {});
    socket.pipe(onward).pipe(socket);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  context.after(() => proxy.close());
  const config = JSON.parse(buildKubeconfig(`https://127.0.0.1:${server.port}`, server.caFile));
  config.clusters[0].cluster['proxy-url'] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  writeFileSync(server.kubeconfig, JSON.stringify(config));
  await get(connect(context, server.kubeconfig));
  assert.deepEqual(targets, [`127.0.0.1:${server.port}`]);
});

test('a kubeconfig that cannot be used is told of in words', async (context) => {
  const server = await startOddServer(context, () => {});
  const rows: readonly [text: string, context: string | undefined, expected: RegExp][] = [
    ['{', undefined, /cannot use the kubeconfig/],
    ['{}', undefined, /it has no context ""/],
    [buildKubeconfig('https://127.0.0.1:1', server.caFile), 'other', /it has no context "other"/],
    [buildKubeconfig('nonsense', server.caFile), undefined, /cluster "test".server: Invalid URL/],
    [buildKubeconfig('http://127.0.0.1:1', server.caFile), undefined, /is not encrypted/],
  ];
  for (const [text, name, expected] of rows) {
    writeFileSync(server.kubeconfig, text);
    assert.throws(
      () => connectCluster({ kubeconfig: server.kubeconfig, ...(name !== undefined && { context: name }) }),
      (error) => error instanceof StartupError && expected.test(error.message),
      text,
    );
  }
  assert.throws(() => connectCluster({ kubeconfig: '/nonexistent' }), /no such file or folder/);
});
