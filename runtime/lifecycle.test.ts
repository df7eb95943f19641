import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { type TestContext, test } from 'node:test';

const moduleUrl = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);

const messagesOf = (output: string): readonly string[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line).msg);

/** Starts a process whose `main` is the given code; `drain` and `stop` are at hand in it. */
function start(context: TestContext, main: string, stdio: 'ipc' | 'ignore' = 'ignore', onTerminal = false) {
  const program = `
    import { runProcess } from ${moduleUrl('./lifecycle.ts')};
    import { afterThisTurn } from ${moduleUrl('./after-this-turn.ts')};
    import { createLog } from ${moduleUrl('./log.ts')};
    import { StartupError } from ${moduleUrl('./startup-error.ts')};
    const log = createLog({ level: 'info', format: 'json', component: 'test' });
    const aborted = (signal) => new Promise((resolve) => signal.addEventListener('abort', resolve));
    setInterval(() => {}, 1_000);
    await runProcess(log, async ({ drain, stop }) => { log.logger.info('started'); ${main} });`;
  const words = [process.execPath, '--input-type=module', '-e', program];
  // script(1) gives its program a terminal.
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const [file = '', ...args] = onTerminal ? ['script', '-qec', `exec ${quoted}`, '/dev/null'] : words;
  const child = spawn(file, args, {
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
    while (!pattern.test(output)) {
      const isOver = await Promise.race([once(seen, 'output').then(() => false), closed.then(() => true)]);
      assert.ok(!isOver || pattern.test(output), `it ended, and said: ${output}`);
    }
  };
  return { child, until, closed, output: () => output };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} drains, and main's answer is the exit code`, async (context) => {
    const { child, until, closed, output } = start(context, 'await aborted(drain); return 3;');
    await until(/started/);
    child.kill(signal);
    assert.equal(await closed, 3);
    assert.equal(messagesOf(output()).at(-1), 'stopped');
  });
}

test('what happened in the last turn is logged before the end', async (context) => {
  const { child, until, closed, output } = start(
    context,
    `const say = afterThisTurn((text) => log.logger.info(text));
     await aborted(drain); say('first'); say('second'); return 0;`,
  );
  await until(/started/);
  child.kill('SIGTERM');
  assert.equal(await closed, 0);
  assert.deepEqual(messagesOf(output()).slice(-3), ['first', 'second', 'stopped']);
});

test('SIGHUP without a terminal ends nothing', async (context) => {
  const { child, until, closed, output } = start(context, 'await aborted(drain); return 0;');
  await until(/started/);
  child.kill('SIGHUP');
  await until(/nothing to reload/);
  child.kill('SIGTERM');
  assert.equal(await closed, 0);
  assert.match(output(), /draining/);
});

test('SIGHUP of a terminal that goes drains, and a second one does not end at once', async (context) => {
  const main = `
    const mayEnd = new Promise((resolve) => process.once('SIGUSR2', resolve));
    log.logger.info('pid ' + process.pid);
    await aborted(drain);
    await mayEnd;
    return 0;`;
  const { until, closed, output } = start(context, main, 'ignore', true);
  await until(/"pid \d+"/);
  const pid = Number(/"pid (\d+)"/.exec(output())?.[1]);
  process.kill(pid, 'SIGHUP');
  await until(/draining/);
  process.kill(pid, 'SIGHUP');
  process.kill(pid, 'SIGUSR2');
  assert.equal(await closed, 0);
  assert.deepEqual(messagesOf(output()).slice(-2), ['draining: one more signal ends at once', 'stopped']);
});

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
  assert.equal(messagesOf(output()).at(-1), 'cleaned up', 'it has not stopped in good order');
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
