import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLog } from './log.ts';
import { createLogSink } from './log-sink.ts';

/** What is written to a log on a file, line by line. */
async function written(
  options: Pick<Parameters<typeof createLog>[0], 'level' | 'format'>,
  body: (log: ReturnType<typeof createLog>) => void,
): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  const fd = openSync(join(folder, 'log'), 'w');
  try {
    const log = createLog({ ...options, component: 'test', fd });
    body(log);
    await log.sink.flush(5_000);
    return readFileSync(join(folder, 'log'), 'utf8').split('\n').slice(0, -1);
  } finally {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  }
}

test('lines are JSON where there is no terminal, and audit lines are written whatever the level', async () => {
  const lines = await written({ level: 'error', format: 'auto' }, ({ logger, audit }) => {
    logger.info('not written');
    logger.error({ path: 'a\nb' }, 'written');
    audit.info({ user: 'alice' }, 'session ended');
  });
  const [error, audit] = lines.map((line) => JSON.parse(line));
  assert.equal(lines.length, 2);
  assert.deepEqual([error.level, error.component, error.msg, error.path], ['error', 'test', 'written', 'a\nb']);
  assert.deepEqual([audit.level, audit.audit, audit.user], ['info', true, 'alice']);
  assert.ok(Date.parse(error.time) > 0);
});

test('what strangers sent is not obeyed by a terminal', async () => {
  const lines = await written({ level: 'info', format: 'pretty' }, ({ logger }) => {
    logger.info({ version: 'x\x1b[2Jy\x9b2Jz\nnew line' }, 'connected');
  });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /connected/);
  assert.doesNotMatch(lines[0] ?? '', /\p{Cc}/u);
});

test('many lines arrive whole and in order', async () => {
  const lines = await written({ level: 'info', format: 'json' }, ({ logger }) => {
    for (let count = 0; count < 5_000; count++) logger.info({ count, filler: 'é'.repeat(50) }, 'line');
  });
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).count),
    Array.from({ length: 5_000 }, (_, at) => at),
  );
});

test('a reader that is too slow costs lines, not memory, and never time', async () => {
  // A pipe that nobody reads.
  const sleeper = spawn('sleep', ['60'], { stdio: ['pipe', 'ignore', 'ignore'] });
  try {
    const fd = (sleeper.stdin as unknown as { _handle: { fd: number } })._handle.fd;
    const sink = createLogSink(fd);
    assert.equal(sink.isLosing, false);
    const line = `${'x'.repeat(1_000)}\n`;
    const startedAt = performance.now();
    for (let count = 0; count < 20_000; count++) sink.write(line);
    assert.ok(performance.now() - startedAt < 1_000);
    assert.ok(sink.dropped > 10_000 && sink.dropped < 12_500, `${sink.dropped} dropped`);
    assert.equal(sink.isLosing, true);
    await sink.flush(50);
  } finally {
    sleeper.kill('SIGKILL');
    await once(sleeper, 'exit');
  }
});

test('a reader that is gone neither ends nor holds up the process', async () => {
  const program = `
    import { createLog } from ${JSON.stringify(new URL('./log.ts', import.meta.url).href)};
    const log = createLog({ level: 'info', format: 'json', component: 'test' });
    for (let count = 0; count < 100; count++) {
      log.logger.info({ filler: 'x'.repeat(10_000) }, 'line');
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await log.sink.flush(5_000);
    process.stderr.write(log.sink.dropped > 0 ? 'dropped' : 'not dropped');
    process.exit(7);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (bytes) => {
    stderr += bytes;
  });
  assert.deepEqual(await once(child, 'close'), [7, null]);
  assert.equal(stderr, 'dropped');
});
