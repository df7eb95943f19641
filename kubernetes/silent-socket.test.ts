import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { endWhenSilent } from './silent-socket.ts';

async function connected(context: TestContext): Promise<{ readonly here: Socket; readonly there: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const here = connect((server.address() as { port: number }).port, '127.0.0.1');
  const [there] = (await once(server, 'connection')) as [Socket];
  context.after(() => [here, there].map((socket) => socket.destroy()));
  return { here, there };
}

test('a connection from which nothing comes is ended', async (context) => {
  const { here, there } = await connected(context);
  here.resume();
  endWhenSilent(here, 10, () => 2);
  there.write('the last words');
  const [error] = await once(here, 'error');
  assert.match(error.message, /no sign of life/);
});

test('one that says anything in each beat goes on', async (context) => {
  const { here, there } = await connected(context);
  here.resume();
  endWhenSilent(here, 20, () => 2);
  for (let beat = 0; beat < 20; beat++) {
    there.write('.');
    await once(here, 'data');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.equal(here.destroyed, false);
});
