import { after, describe, test } from 'node:test';
import { encodeMessage, message } from '../../gateway/ssh/wire-message.ts';
import { createArena } from './arena.ts';
import type { ClientKey } from './client/client-key.ts';
import { connectRawClient, type RawClient } from './client/raw-client.ts';
import { execute, flood, type GoOn, linger, login, openSession, requestAuthenticationService } from './client/steps.ts';

const arena = createArena();
after(() => arena.close());

type Attack = { readonly name: string; readonly run: (client: RawClient, goOn: GoOn, key: ClientKey) => Promise<void> };

const runAll = (attacks: readonly Attack[], options: Parameters<typeof connectRawClient>[1] = {}): void => {
  for (const { name, run } of attacks) {
    test(name, { timeout: 60_000 }, () =>
      arena.assertHarmless(async ({ target, key }, goOn) => {
        let client: RawClient;
        try {
          client = await connectRawClient(target.port, options);
        } catch {
          return;
        }
        try {
          await run(client, goOn, key);
        } catch {
          // The server ended the connection: whether that was all is what is measured.
        } finally {
          client.destroy();
        }
      }),
    );
  }
};

const unreadRequests = encodeMessage(message.globalRequest, 'nobody@example.com', true);

describe('without a login', () => {
  runAll([
    {
      name: 'global requests whose answers are not read',
      run: (client, goOn) => {
        client.socket.pause();
        return flood(client, [unreadRequests], goOn);
      },
    },
    {
      name: 'global requests between the service and the login',
      run: async (client, goOn) => {
        await requestAuthenticationService(client);
        client.socket.pause();
        await flood(client, [unreadRequests], goOn);
      },
    },
  ]);

  runAll(
    [
      {
        name: 'a bomb in zlib',
        run: async (client, goOn) => {
          const bomb = encodeMessage(message.ignore, Buffer.alloc(25_000_000));
          while (!client.ended && goOn()) {
            client.send(bomb);
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        },
      },
    ],
    { compression: 'zlib' },
  );
});

describe('by somebody who may log in', () => {
  const afterLogin =
    (run: Attack['run']): Attack['run'] =>
    async (client, goOn, key) => {
      if (!(await login(client, key))) throw new Error('the login failed');
      await run(client, goOn, key);
    };

  const pourInto = (channel: { window: number; maximumPacket: number }, bytes: number): Attack['run'] =>
    afterLogin(async (client, goOn) => {
      const opened = await openSession(client, channel);
      if (opened === undefined) return;
      execute(client, opened.id, `pour ${bytes}`);
      await linger(goOn);
    });

  runAll([
    { name: 'packets of no byte', run: pourInto({ window: 2 ** 20, maximumPacket: 0 }, 2 ** 20) },
    { name: 'packets of one byte', run: pourInto({ window: 2 ** 24, maximumPacket: 1 }, 2 ** 24) },
    {
      name: 'a window of 4 GiB and nobody who reads',
      run: afterLogin(async (client, goOn) => {
        const opened = await openSession(client, { window: 0xffff_ffff });
        if (opened === undefined) return;
        client.socket.pause();
        execute(client, opened.id, `pour ${2 ** 32}`);
        await linger(goOn);
      }),
    },
    {
      name: 'more data than the window allows',
      run: afterLogin(async (client, goOn) => {
        const opened = await openSession(client);
        if (opened === undefined) return;
        execute(client, opened.id, 'wait');
        await flood(client, [encodeMessage(message.channelData, opened.id, Buffer.alloc(32_000))], goOn);
      }),
    },
    {
      name: 'single bytes, each of which keeps the chunk alive that it came in',
      run: afterLogin(async (client, goOn) => {
        const opened = await openSession(client);
        if (opened === undefined) return;
        execute(client, opened.id, 'wait');
        const filling = encodeMessage(message.ignore, Buffer.alloc(32_000));
        await flood(client, [encodeMessage(message.channelData, opened.id, 'x'), filling], goOn);
      }),
    },
    {
      name: 'global requests whose answers are not read',
      run: afterLogin((client, goOn) => {
        client.socket.pause();
        return flood(client, [unreadRequests], goOn);
      }),
    },
    {
      name: 'channel requests whose answers are not read',
      run: afterLogin(async (client, goOn) => {
        const opened = await openSession(client);
        if (opened === undefined) return;
        client.socket.pause();
        await flood(client, [encodeMessage(message.channelRequest, opened.id, 'nothing', true)], goOn);
      }),
    },
    {
      name: 'channels without end',
      run: afterLogin((client, goOn) =>
        flood(client, [encodeMessage(message.channelOpen, 'session', 0, 0, 32_768)], goOn),
      ),
    },
    {
      name: 'channels without end, each with a command',
      run: afterLogin(async (client, goOn) => {
        for (let id = 0; goOn() && !client.ended; id += 1) {
          client.send(encodeMessage(message.channelOpen, 'session', id, 0, 32_768));
          execute(client, id, 'pour 1000000');
          if (id % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        }
      }),
    },
  ]);
});
