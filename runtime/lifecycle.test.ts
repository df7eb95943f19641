import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { type TestContext, test } from 'node:test';

const moduleUrl = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);

/** Starts a process whose `main` is the given code; `drain` and `stop` are at hand in it. */
function start(context: TestContext, main: string, stdio: 'ipc' | 'ignore' = 'ignore') {
  const program = `
    import { runProcess } from ${moduleUrl('./lifecycle.ts')};
    import { createLog } from ${moduleUrl('./log.ts')};
    import { StartupError } from ${moduleUrl('./startup-error.ts')};
    const log = createLog({ level: 'info', format: 'json', component: 'test' });
    const aborted = (signal) => new Promise((resolve) => signal.addEventListener('abort', resolve));
    setInterval(() => {}, 1_000);
    await runProcess(log, async ({ drain, stop }) => { log.logger.info('started'); ${main} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'pipe', stdio],
  });
  context.after(() => child.kill('SIGKILL'));
  let output = '';
  const seen = new EventEmitter();
  // After disconnect() of its parent, a child never emits 'close'.
  const closed: Promise<number | null> = once(child, stdio === 'ipc' ? 'exit' : 'close').then(([code]) => code);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes) => {
      output += bytes;
      seen.emit('output');
    });
  }
  const until = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(output)) await once(seen, 'output');
  };
  return { child, until, closed, output: () => output };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} drains, and main's answer is the exit code`, async (context) => {
    const { child, until, closed } = start(context, 'await aborted(drain); return 3;');
    await until(/started/);
    child.kill(signal);
    assert.equal(await closed, 3);
  });
}

test('a second signal stops, even a main that does not listen', async (context) => {
  const { child, until, closed } = start(
    context,
    'await aborted(drain); log.logger.info("draining on"); await new Promise(() => {});',
  );
  await until(/started/);
  child.kill('SIGTERM');
  await until(/draining on/);
  child.kill('SIGTERM');
  assert.equal(await closed, 1);
});

test('a main that listens to the second signal has time to end', async (context) => {
  const { child, until, closed, output } = start(
    context,
    'await aborted(stop); log.logger.info("cleaned up"); return 0;',
  );
  await until(/started/);
  child.kill('SIGTERM');
  await until(/draining/);
  child.kill('SIGINT');
  assert.equal(await closed, 1);
  assert.match(output(), /cleaned up/);
});

test('faults that nobody caught are logged, and end the process', async (context) => {
  for (const fault of [
    'setTimeout(() => { throw new Error("lost") }); await aborted(drain);',
    'void Promise.reject(new Error("lost")); await aborted(drain);',
    'throw new Error("lost");',
  ]) {
    const { closed, output } = start(context, fault);
    assert.equal(await closed, 1, fault);
    assert.match(output(), /"level":"fatal".*"message":"lost".*unexpected fault/, fault);
  }
});

test('what keeps a process from starting is told to people without a stack', async (context) => {
  const { closed, output } = start(
    context,
    'throw new StartupError("DATA_NOT_USABLE", "the data folder is not usable");',
  );
  assert.equal(await closed, 2);
  assert.match(output(), /^git-ingress: the data folder is not usable$/m);
  assert.doesNotMatch(output(), /at .*lifecycle/);
});

test('a process whose parent is gone stops', async (context) => {
  const { child, until, closed } = start(context, 'await aborted(stop); return 0;', 'ipc');
  await until(/started/);
  child.disconnect();
  assert.equal(await closed, 1);
});
