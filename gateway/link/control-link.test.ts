import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { buildServerMessage } from '../../core/link/messages.ts';
import { linkVersion } from '../../core/link/preface.ts';
import { connectControlLink } from './control-link.ts';

test('a server that greets and then does not read is given up before it fills the memory', async (context) => {
  const nonce = 'a'.repeat(32);
  const server = net.createServer((peer) => {
    peer.pause();
    peer.on('error', () => {});
    peer.write(buildServerMessage({ type: 'hello', version: linkVersion, nonce, pod: 'pool-0' }));
    context.after(() => peer.destroy());
  });
  context.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  const lost: Error[] = [];
  const link = await connectControlLink({ host: '127.0.0.1', port }, 'pool-0', (cause) => void lost.push(cause));
  const reason = 'x'.repeat(1_000);
  let sent = 0;
  for (; link.alive && sent < 100_000; sent++) link.send({ type: 'cancel', session: 1, reason });
  assert.equal(link.alive, false);
  assert.deepEqual(
    lost.map((cause) => cause.message),
    ['the server does not read'],
  );
  link.send({ type: 'ping' });
});
