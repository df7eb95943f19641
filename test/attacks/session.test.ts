import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { after, describe, test } from 'node:test';
import { encodeMessage, message } from '../../gateway/ssh/wire-message.ts';
import { createArena, type Opponent } from './arena.ts';
import { connectRawClient, type RawClient } from './client/raw-client.ts';
import { execute, login, openSession } from './client/steps.ts';

const arena = createArena();
after(() => arena.close());

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What a client does, and what it then knows; undefined when it was left without an answer. */
type Scene = (client: RawClient, opponent: Opponent) => Promise<unknown>;

/** Plays a scene after a login. An error, or silence for two seconds, counts as no answer. */
const play = (kind: 'Unguarded' | 'Guarded', scene: Scene): Promise<unknown> =>
  arena.against(kind, async (opponent) => {
    const client = await connectRawClient(opponent.target.port);
    try {
      assert.ok(await login(client, opponent.key));
      const answer = await Promise.race([scene(client, opponent).catch(() => undefined), pause(2000)]);
      return opponent.target.alive ? answer : 'the server has ended';
    } finally {
      client.destroy();
    }
  });

const open = async (client: RawClient, window?: number): Promise<number> => {
  const channel = await openSession(client, window === undefined ? {} : { window });
  assert.ok(channel);
  return channel.id;
};

const readOutput = async (client: RawClient): Promise<string> => {
  const data = await client.receive(message.channelData);
  return data.subarray(9).toString();
};

/** Reads both outputs, opening the window by 30,000 bytes whenever nothing has come for a moment. */
const readBothSlowly = async (client: RawClient, id: number, total: number): Promise<unknown> => {
  const counts = { stdout: 0, stderr: 0 };
  let heard = 0;
  const timer = setInterval(() => {
    if (heard === 0) client.send(encodeMessage(message.channelWindowAdjust, id, 30_000));
    heard = 0;
  }, 5);
  try {
    while (counts.stdout < total || counts.stderr < total) {
      const data = await client.receive(message.channelData, message.channelExtendedData);
      heard += 1;
      if (data.readUInt8(0) === message.channelData) counts.stdout += data.length - 9;
      else counts.stderr += data.length - 13;
    }
  } finally {
    clearInterval(timer);
  }
  return counts;
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const scenes: readonly { name: string; scene: Scene; expected: unknown }[] = [
  {
    name: 'stdout and stderr are both held back by the window',
    scene: async (client) => {
      const id = await open(client, 20_000);
      execute(client, id, 'both 500000');
      return readBothSlowly(client, id, 500_000);
    },
    expected: { stdout: 500_000, stderr: 500_000 },
  },
  {
    name: 'the input ends before the session has been decided upon (ssh -n)',
    scene: async (client) => {
      const id = await open(client);
      execute(client, id, 'later');
      client.send(encodeMessage(message.channelEof, id));
      return readOutput(client);
    },
    expected: sha256(''),
  },
  {
    name: 'input comes before the session has been decided upon (git archive --remote)',
    scene: async (client) => {
      const id = await open(client);
      execute(client, id, 'later');
      client.send(encodeMessage(message.channelData, id, 'early'));
      await pause(400);
      client.send(encodeMessage(message.channelEof, id));
      return readOutput(client);
    },
    expected: sha256('early'),
  },
  {
    name: 'the client vanishes in the middle of a transfer',
    scene: async (client, { target }) => {
      const id = await open(client);
      const { begun: before } = await target.sessions();
      execute(client, id, 'pour 1000000000');
      await client.receive(message.channelData);
      client.socket.destroy();
      await pause(500);
      const { begun, ended } = await target.sessions();
      return { begun: begun - before, left: begun - ended };
    },
    expected: { begun: 1, left: 0 },
  },
  {
    name: 'the connection is reset',
    scene: async (client, { target }) => {
      const id = await open(client);
      execute(client, id, 'wait');
      client.socket.resetAndDestroy();
      await pause(500);
      return target.alive;
    },
    expected: true,
  },
];

describe('what ends well with ours, and not with a bare ssh2 server', () => {
  for (const { name, scene, expected } of scenes) {
    test(name, { timeout: 60_000 }, async () => {
      assert.notDeepEqual(await play('Unguarded', scene), expected, 'the attack does not work');
      assert.deepEqual(await play('Guarded', scene), expected);
    });
  }

  /** Says hello byte by byte; whether the server then begins its key exchange. */
  const introduceSlowly = (kind: 'Unguarded' | 'Guarded'): Promise<boolean> =>
    arena.against(kind, async ({ target }) => {
      const socket = connect({ port: target.port, host: '127.0.0.1', noDelay: true });
      socket.on('error', () => {});
      let received = Buffer.alloc(0);
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
      });
      for (const character of 'SSH-2.0-slow\r\n') {
        socket.write(character);
        await pause(20);
      }
      await pause(300);
      socket.destroy();
      return received.includes('curve25519-sha256');
    });

  test('the identification comes byte by byte', { timeout: 60_000 }, async () => {
    assert.equal(await introduceSlowly('Unguarded'), false, 'the attack does not work');
    assert.equal(await introduceSlowly('Guarded'), true);
  });
});
