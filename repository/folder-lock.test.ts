import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { StartupError } from '../runtime/startup-error.ts';
import { lockFolder } from './folder-lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'lock-'));
after(() => rmSync(folder, { recursive: true }));

const inUse = { name: 'StartupError', code: 'DATA_IN_USE' };

test('a folder is for one server, until it gives it back', () => {
  const lock = lockFolder(folder);
  assert.throws(() => lockFolder(folder), inUse);
  lock[Symbol.dispose]();
  lockFolder(folder)[Symbol.dispose]();
});

test('a server that is killed has it no longer, though programs live on that it started', async () => {
  const program = `
    import { spawn } from 'node:child_process';
    import { lockFolder } from ${JSON.stringify(new URL('./folder-lock.ts', import.meta.url).href)};
    lockFolder(${JSON.stringify(folder)});
    const { pid } = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
    console.log(pid);
    setInterval(() => {}, 1_000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [survivor] = await once(holder.stdout, 'data');
  try {
    assert.throws(() => lockFolder(folder), inUse);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    lockFolder(folder)[Symbol.dispose]();
    process.kill(Number(survivor), 0);
  } finally {
    process.kill(Number(survivor), 'SIGKILL');
  }
});

test('a folder that cannot be locked is an error that says why', () => {
  assert.throws(
    () => lockFolder(join(folder, 'absent')),
    (error) => error instanceof StartupError && /repository\.lock cannot be made: no such file/.test(error.message),
  );
});
