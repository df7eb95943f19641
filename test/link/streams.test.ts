import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RepositorySession } from '../../gateway/ports.ts';
import { endLeftovers } from '../../repository/leftovers.ts';
import { buildRequest, createSurroundings, type Surroundings, until } from './surroundings.ts';

const git = fileURLToPath(new URL('./stand-in-git.sh', import.meta.url));

for (const tcp of [false, true])
  describe(`streams over ${tcp ? 'TCP' : 'a Unix socket'}`, () => {
    let world: Surroundings;
    before(async () => {
      world = await createSurroundings({ tcp, git });
    });
    after(() => world.close());

    const open = (deed: string, signal = new AbortController().signal): Promise<RepositorySession> =>
      world.dialer.open({ ...buildRequest('reader', 'upload-pack'), gitProtocol: deed }, signal);

    test('every byte goes both ways, and each direction ends by itself', async () => {
      const session = await open('echo');
      const sent = Buffer.alloc(3_000_000, 'abcdefghijklm');
      const received: Buffer[] = [];
      session.onData = (bytes) => received.push(Buffer.from(bytes)) > 0;
      let ended = false;
      session.onEnd = () => {
        ended = true;
      };
      session.write(sent.subarray(0, 1));
      await until(() => received.length > 0);
      assert.equal(ended, false);
      session.write(sent.subarray(1));
      session.end();
      assert.equal(await session.ended, 0);
      assert.equal(ended, true);
      assert.equal(Buffer.concat(received).equals(sent), true);
    });

    test('a reader that has enough holds git back, and loses nothing', async () => {
      const session = await open('flood');
      let calls = 0;
      session.onData = () => {
        calls += 1;
        return false;
      };
      await until(() => calls === 1);
      await sleep(100);
      assert.equal(calls, 1);
      session.resume();
      await until(() => calls === 2);
      session.cancel('enough');
      assert.notEqual(await session.ended, 0);
    });

    test('a slow reader of stderr is sent its credit only, keeps all, and holds nobody else', async () => {
      const session = await open('complain');
      let bytes = 0;
      let wanted = false;
      session.onStderr = (chunk) => {
        bytes += chunk.length;
        return wanted;
      };
      let settled = false;
      void session.ended.then(() => {
        settled = true;
      });
      await until(() => bytes > 0);
      const other = await open('last-words');
      assert.equal(await other.ended, 1);
      assert.ok(bytes <= 64 * 1024);
      assert.equal(settled, false);
      wanted = true;
      session.resumeStderr();
      assert.equal(await session.ended, 3);
      assert.equal(bytes, 1_000_000);
    });

    test("git's last words arrive though it left input unread", async () => {
      for (let round = 0; round < 20; round++) {
        const session = await open('last-words');
        let said = '';
        session.onData = (bytes) => {
          said += bytes.toString();
          return true;
        };
        const writing = setInterval(() => session.write(Buffer.alloc(100_000)), 1);
        const exitStatus = await session.ended;
        clearInterval(writing);
        assert.deepEqual([said, exitStatus], ['last words', 1]);
      }
    });

    test('back-pressure towards git', async () => {
      const session = await open('wait');
      let writes = 0;
      while (session.write(Buffer.alloc(64 * 1024))) writes += 1;
      assert.ok(writes < 100);
      session.cancel('enough');
      await session.ended;
    });

    test('what ignores SIGTERM is killed, with all that it started', async () => {
      const session = await open('stubborn');
      let said = '';
      session.onData = (bytes) => {
        said += bytes.toString();
        return true;
      };
      await until(() => said === 'trapped\n');
      session.cancel('enough');
      session.cancel('enough');
      assert.equal(await session.ended, 137);
      assert.equal(await endLeftovers(world.dataDir), 0);
    });
  });
