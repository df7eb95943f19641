import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { connectCluster } from './connection.ts';
import { createRestClient } from './rest-client.ts';
import { readServerTime } from './server-clock.ts';
import { answerJson, startOddServer } from './testing/odd-server.ts';

async function ask(context: TestContext, date: string | undefined): Promise<number> {
  const server = await startOddServer(context, (_request, response) => {
    // Node's own would be added.
    response.sendDate = false;
    answerJson(response, 200, {}, date === undefined ? {} : { date });
  });
  const connection = connectCluster({ kubeconfig: server.kubeconfig });
  context.after(() => connection.destroy());
  return readServerTime(createRestClient(connection), { signal: new AbortController().signal });
}

test("the time is the server's, however far off it is from ours", async (context) => {
  assert.equal(await ask(context, 'Sun, 22 Nov 2020 12:00:01 GMT'), Date.parse('2020-11-22T12:00:01Z'));
});

for (const date of [undefined, 'yesterday'])
  test(`an answer with the date ${date} tells no time`, (context) =>
    assert.rejects(ask(context, date), { code: 'Malformed' }));
