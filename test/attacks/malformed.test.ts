import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { after, describe, test } from 'node:test';
import { encodeMessage, message, openFailure } from '../../gateway/ssh/wire-message.ts';
import { createArena } from './arena.ts';
import { connectRawClient, type RawClient } from './client/raw-client.ts';
import { execute, login, openSession, requestAuthenticationService } from './client/steps.ts';

/** Bytes of no known harm to anybody: only proof that ours survives them, without a comparison. */
const arena = createArena();
after(() => arena.close());

type State = 'Strange' | 'Asked' | 'LoggedIn';

/** A client that has come so far. */
const arrive = (state: State): Promise<RawClient> =>
  arena.against('Guarded', async ({ target, key }) => {
    const client = await connectRawClient(target.port);
    if (state === 'Asked') await requestAuthenticationService(client);
    if (state === 'LoggedIn') assert.ok(await login(client, key));
    return client;
  });

/** The server ends the connection, with a DISCONNECT or without. */
const assertEnds = async (client: RawClient): Promise<void> => {
  await client.receive(message.disconnect).catch(() => {});
  client.destroy();
};

const assertServes = async (): Promise<void> => {
  const client = await arrive('LoggedIn');
  const channel = await openSession(client);
  assert.ok(channel);
  execute(client, channel.id, 'exit 0');
  await client.receive(message.channelClose);
  client.destroy();
};

const name = (length: number): Buffer => Buffer.alloc(length, 'n');
const userauth = (...fields: Parameters<typeof encodeMessage>[1][]): Buffer =>
  encodeMessage(message.userauthRequest, ...fields);

const endings: readonly [string, State, Buffer[]][] = [
  ['an empty payload', 'Strange', [Buffer.alloc(0)]],
  ['a channel before the login', 'Strange', [encodeMessage(message.channelOpen, 'session', 0, 0, 32_768)]],
  ['a command before the login', 'Asked', [encodeMessage(message.channelRequest, 0, 'exec', true, 'exit 0')]],
  ['a login without its service', 'Strange', [userauth('git', 'ssh-connection', 'none')]],
  ['another service', 'Strange', [encodeMessage(message.serviceRequest, 'ssh-connection')]],
  ['its service twice', 'Asked', [encodeMessage(message.serviceRequest, 'ssh-userauth')]],
  ['a login name of 256 bytes', 'Asked', [userauth(name(256), 'ssh-connection', 'none')]],
  ['a login to another service', 'Asked', [userauth('git', 'ssh-agent', 'none')]],
  ['a login request that ends early', 'Asked', [userauth('git', 'ssh-connection', 'publickey')]],
  ['a string that claims 4 GiB', 'Asked', [Buffer.concat([Buffer.of(message.userauthRequest), Buffer.alloc(4, 0xff)])]],
  ['bytes behind a login request', 'Asked', [userauth('git', 'ssh-connection', 'publickey', false, 'x', 'y', 'z')]],
  ['a success of its own', 'Asked', [encodeMessage(message.userauthSuccess)]],
  ['300 KB before a login', 'Asked', Array.from({ length: 10 }, () => encodeMessage(message.ignore, name(30_000)))],
  ['a channel that does not exist', 'LoggedIn', [encodeMessage(message.channelData, 7, 'x')]],
  ['a confirmation of what we never opened', 'LoggedIn', [encodeMessage(message.channelOpenConfirmation, 0, 0, 0, 0)]],
  ['a channel request that ends early', 'LoggedIn', [encodeMessage(message.channelRequest)]],
];

describe('the server ends the connection after', () => {
  for (const [what, state, payloads] of endings) {
    test(what, { timeout: 20_000 }, async () => {
      const client = await arrive(state);
      for (const payload of payloads) client.send(payload);
      await assertEnds(client);
    });
  }

  const onChannel: readonly [string, (id: number) => Buffer[]][] = [
    ['a window of more than 4 GiB', (id) => [encodeMessage(message.channelWindowAdjust, id, 0xffff_ffff)]],
    [
      'data after the end of the data',
      (id) => [encodeMessage(message.channelEof, id), encodeMessage(message.channelData, id, 'x')],
    ],
    ['more data in a packet than was agreed', (id) => [encodeMessage(message.channelData, id, name(32_769))]],
    ['extended data of an unknown type', (id) => [encodeMessage(message.channelExtendedData, id, 2, 'x')]],
  ];
  for (const [what, payloads] of onChannel) {
    test(what, { timeout: 20_000 }, async () => {
      const client = await arrive('LoggedIn');
      const channel = await openSession(client);
      assert.ok(channel);
      for (const payload of payloads(channel.id)) client.send(payload);
      await assertEnds(client);
    });
  }

  const raw: readonly [string, Buffer][] = [
    ['a line that is no identification', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['an identification without an end', name(300)],
    ['a packet of a length that cannot be', Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), Buffer.alloc(64, 0xff)])],
    [
      'a key exchange that nobody began',
      Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), Buffer.of(0, 0, 0, 12, 10, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)]),
    ],
  ];
  for (const [what, bytes] of raw) {
    test(what, { timeout: 20_000 }, () =>
      arena.against('Guarded', async ({ target }) => {
        const socket = connect({ port: target.port, host: '127.0.0.1' });
        socket.on('error', () => {});
        socket.resume();
        socket.write(bytes);
        await new Promise((resolve) => socket.on('close', resolve));
      }),
    );
  }
});

describe('the server says no, and goes on, after', () => {
  test('methods that it does not have', async () => {
    const client = await arrive('Asked');
    for (const method of ['password', 'keyboard-interactive', 'hostbased', 'gssapi-with-mic', 'nonsense']) {
      client.send(userauth('git', 'ssh-connection', method));
      const failure = await client.receive(message.userauthFailure);
      assert.deepEqual(failure, encodeMessage(message.userauthFailure, 'publickey', false));
    }
    client.destroy();
  });

  test('messages that it does not know', async () => {
    const client = await arrive('LoggedIn');
    for (const type of [192, 83, 255]) {
      client.send(Buffer.of(type));
      assert.equal((await client.receive(message.unimplemented)).length, 5);
    }
    client.destroy();
  });

  const channels: readonly [string, number, number][] = [
    ['session', 1023, openFailure.administrativelyProhibited],
    ['direct-tcpip', 32_768, openFailure.administrativelyProhibited],
    ['direct-streamlocal@openssh.com', 32_768, openFailure.administrativelyProhibited],
    ['nonsense', 32_768, openFailure.unknownChannelType],
  ];
  for (const [type, maximumPacket, reason] of channels) {
    test(`a channel of type ${type} with packets of ${maximumPacket}`, async () => {
      const client = await arrive('LoggedIn');
      client.send(encodeMessage(message.channelOpen, type, 5, 100, maximumPacket));
      const failure = await client.receive(message.channelOpenFailure, message.channelOpenConfirmation);
      assert.deepEqual([...failure.subarray(0, 9)], [...encodeMessage(message.channelOpenFailure, 5, reason)]);
      client.destroy();
    });
  }

  test('an eleventh channel, until one is closed', async () => {
    const client = await arrive('LoggedIn');
    for (let count = 0; count < 10; count += 1) assert.ok(await openSession(client));
    client.send(encodeMessage(message.channelOpen, 'session', 10, 100, 32_768));
    const failure = await client.receive(message.channelOpenFailure);
    assert.equal(failure.readUInt32BE(5), openFailure.resourceShortage);
    client.send(encodeMessage(message.channelClose, 3));
    await client.receive(message.channelClose);
    assert.ok(await openSession(client));
    client.destroy();
  });

  test('requests on a channel that sessions have no use for', async () => {
    const client = await arrive('LoggedIn');
    const channel = await openSession(client);
    assert.ok(channel);
    for (const type of ['pty-req', 'x11-req', 'auth-agent-req@openssh.com', 'subsystem', 'signal', 'nonsense']) {
      client.send(encodeMessage(message.channelRequest, channel.id, type, true));
      await client.receive(message.channelFailure);
    }
    client.send(encodeMessage(message.channelRequest, channel.id, 'exec', true, 'wait'));
    await client.receive(message.channelSuccess);
    for (const type of ['exec', 'shell']) {
      client.send(encodeMessage(message.channelRequest, channel.id, type, true, 'exit 0'));
      await client.receive(message.channelFailure);
    }
    client.destroy();
  });
});

test('noise of every type, before and after the login', { timeout: 60_000 }, async () => {
  for (const state of ['Asked', 'LoggedIn'] as const) {
    let client = await arrive(state);
    for (let type = 0; type < 256; type += 1) {
      // A key exchange of noise is ssh2's own business with itself.
      if (type >= 20 && type <= 49) continue;
      if (client.ended) client = await arrive(state);
      client.send(Buffer.concat([Buffer.of(type), randomBytes(type % 64)]));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    client.destroy();
  }
  await assertServes();
});
