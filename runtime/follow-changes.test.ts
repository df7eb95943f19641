import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { followChanges } from './follow-changes.ts';

test('changes are told once each, an outage once, and what was good stays', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'follow-'));
  const ending = new AbortController();
  const told: string[] = [];
  let reads = 0;
  /** As the kubelet does it: another file appears behind a link. */
  const put = async (name: string, text: string): Promise<void> => {
    await writeFile(join(folder, name), text);
    await symlink(name, join(folder, `link-${name}`));
    await rename(join(folder, `link-${name}`), join(folder, 'current'));
  };
  const until = async (what: string, condition: () => boolean): Promise<void> => {
    for (let turn = 0; !condition(); turn++) {
      if (turn > 500) assert.fail(`${what}: ${told.join()}`);
      await sleep(10);
    }
  };
  await put('a', '1');
  const closed = followChanges({
    first: '1',
    async read() {
      reads += 1;
      const text = await readFile(join(folder, 'current'), 'utf8');
      if (text === 'bad') throw new Error('it is bad');
      return text;
    },
    idOf: (text) => text,
    onChange: (text) => void told.push(text),
    onFault: (error) => void told.push((error as Error).message),
    signal: ending.signal,
    pauseMs: 5,
  });
  context.after(() => rm(folder, { recursive: true }));

  await until('nothing has changed', () => reads >= 3);
  assert.equal(told.length, 0);
  await put('b', '2');
  await until('the change is told', () => told.length > 0);
  await put('c', 'bad');
  const readsBefore = reads;
  await until('it was read bad several times', () => reads > readsBefore + 5);
  await put('d', '2');
  await put('e', '3');
  await until('the next change is told', () => told.includes('3'));
  assert.deepEqual(told, ['2', 'it is bad', '3']);
  ending.abort();
  await closed;
});
