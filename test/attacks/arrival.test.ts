import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createArena } from './arena.ts';
import { createClientKey } from './client/client-key.ts';
import { connectRawClient } from './client/raw-client.ts';
import { login } from './client/steps.ts';
import { type Program, startProgram } from './target/program.ts';

const arena = createArena();
const key = createClientKey();
const graceMs = 1000;
const perAddress = 20;

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const open = (port: number): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.on('connect', () => resolve(socket));
  });

/** Ways to come and not to log in. */
const strangers: Readonly<Record<string, (port: number) => Promise<Socket>>> = {
  'say nothing': async (port) => {
    const socket = await open(port);
    socket.resume();
    return socket;
  },
  'say half a line': async (port) => {
    const socket = await open(port);
    socket.resume();
    socket.write('SSH-2.0-ha');
    return socket;
  },
  'say who they are and no more': async (port) => {
    const socket = await open(port);
    socket.resume();
    socket.write('SSH-2.0-stranger\r\n');
    return socket;
  },
  'agree upon keys and no more': async (port) => (await connectRawClient(port)).socket,
};

describe('before a login', () => {
  let program: Program;
  before(async () => {
    const limits = ['--login-grace-time', `${graceMs}ms`, '--login-max-pending-per-address', String(perAddress)];
    program = await startProgram(key, limits);
  });
  after(async () => {
    await program?.stop();
    await arena.close();
  });

  for (const [what, come] of Object.entries(strangers)) {
    /** How many of ten strangers are still there when the time to log in is over. */
    const countStaying = async (port: number): Promise<number> => {
      const sockets = await Promise.all(Array.from({ length: 10 }, () => come(port)));
      await pause(graceMs + 700);
      const staying = sockets.filter((socket) => !socket.closed && !socket.readableEnded && !socket.destroyed).length;
      for (const socket of sockets) socket.destroy();
      return staying;
    };

    test(`those who ${what} have to leave in time`, { timeout: 30_000 }, async () => {
      const unguarded = await arena.against('Unguarded', ({ target }) => countStaying(target.port));
      assert.equal(unguarded, 10, 'the attack does not work');
      assert.equal(await countStaying(program.port), 0);
    });
  }

  /** How many of so many connections from one address are greeted. */
  const countGreeted = async (port: number): Promise<number> => {
    const sockets = await Promise.all(Array.from({ length: 2 * perAddress }, () => open(port)));
    let greeted = 0;
    for (const socket of sockets)
      socket.once('data', () => {
        greeted += 1;
      });
    await pause(500);
    for (const socket of sockets) socket.destroy();
    return greeted;
  };

  test('one address has so many places, and gets them back', { timeout: 30_000 }, async () => {
    const unguarded = await arena.against('Unguarded', ({ target }) => countGreeted(target.port));
    assert.equal(unguarded, 2 * perAddress, 'the attack does not work');
    assert.ok((await countGreeted(program.port)) <= perAddress);
    await pause(200);
    const client = await connectRawClient(program.port);
    assert.ok(await login(client, key));
    client.destroy();
  });
});
