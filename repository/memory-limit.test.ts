import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const gibibyte = 2 ** 30;

/** What a process prints that limits itself, and may not have more than `outer` KiB from the start. */
function limited(bytes: number, outer: string): string {
  const program = `
    import { execFileSync } from 'node:child_process';
    import { limitMemory } from ${JSON.stringify(new URL('./memory-limit.ts', import.meta.url).href)};
    // Root may raise every limit.
    if (process.getuid() === 0) process.setuid(65_534);
    try {
      limitMemory(${bytes});
      console.log(execFileSync('sh', ['-c', 'ulimit -d'], { encoding: 'utf8' }).trim());
    } catch ({ code, message }) {
      console.log(code, message);
    }`;
  const words = ['-c', 'ulimit -d "$1" && shift && exec "$@"', 'sh', outer, process.execPath];
  return spawnSync('sh', [...words, '--input-type=module', '-e', program], { encoding: 'utf8' }).stdout.trim();
}

test('what a limited process starts is limited', () => {
  assert.equal(limited(2 * gibibyte, 'unlimited'), String(2 ** 21));
});

test('no limit is asked for', () => {
  assert.equal(limited(0, 'unlimited'), 'unlimited');
});

test('a limit that cannot be had is an error that says what to do', () => {
  const told =
    /^GIT_NOT_USABLE the memory of git cannot be limited: .*not permitted.*; repair that, or set --repository-max-git-memory to 0$/i;
  assert.match(limited(2 * gibibyte, '1500000'), told);
});
