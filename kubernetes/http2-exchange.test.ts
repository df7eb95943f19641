import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';
import { test } from 'node:test';
import { exchange, StreamRefused } from './http2-exchange.ts';
import { readBody } from './read-body.ts';
import { answerJson, startOddServer } from './testing/odd-server.ts';

const signal = new AbortController().signal;
const request = { ...({ method: 'GET', path: '/', body: null } as const), headers: {}, signal };

test('a connection that has no number left for another request takes none, and ends what runs in good order', async (context) => {
  const server = await startOddServer(context, (_request, response) => answerJson(response, 200, {}));
  const session = connect(`https://127.0.0.1:${server.port}`, { ca: readFileSync(server.caFile) });
  context.after(() => session.destroy());
  await once(session, 'connect');
  (session as ClientHttp2Session & { setNextStreamID(id: number): void }).setNextStreamID(2 ** 31 - 1);
  const last = await exchange(session, request);
  await assert.rejects(exchange(session, request), StreamRefused);
  assert.equal(session.closed, true);
  assert.throws(() => exchange(session, request), StreamRefused);
  assert.equal(await readBody(last.body, 1_000, signal), '{}');
  await once(session, 'close');
});
