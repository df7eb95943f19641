/**
 * Runs test suites, one `node --test` each: `run-tests.ts SUITE...`. The last line printed is `N passed, N failed` over
 * all of them. Exit 1 if a test failed, if a suite ran none, or if a runner ended without its counts.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCounts } from './test-counts.ts';

type Suite = { readonly files: string; readonly reporter: 'dot' | 'spec'; readonly timeoutMs: number };

const suites: Readonly<Record<string, Suite>> = {
  unit: {
    files: '{core,runtime,kubernetes,operator,gateway,repository,standalone,bin,tooling,bench}/**/*.test.ts',
    reporter: 'dot',
    timeoutMs: 60_000,
  },
  'end-to-end': { files: 'test/!(kubernetes)/**/*.test.ts', reporter: 'spec', timeoutMs: 300_000 },
  kubernetes: { files: 'test/kubernetes/**/*.test.ts', reporter: 'spec', timeoutMs: 300_000 },
};

const root = join(import.meta.dirname, '..');

const runSuite = async (suite: Suite): Promise<TestCounts | undefined> => {
  const folder = await mkdtemp(join(tmpdir(), 'git-ingress-tests-'));
  try {
    const countsFile = join(folder, 'counts.json');
    const runner = spawn(
      process.execPath,
      [
        '--test',
        // The tests start servers and clients of their own: more at once makes them slow, not fast.
        '--test-concurrency=2',
        `--test-timeout=${suite.timeoutMs}`,
        `--test-reporter=${suite.reporter}`,
        '--test-reporter-destination=stdout',
        `--test-reporter=./tooling/test-counts.ts`,
        `--test-reporter-destination=${countsFile}`,
        suite.files,
      ],
      { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const [exitCode] = await once(runner, 'exit');
    const counts = parseCounts(await readFile(countsFile, 'utf8').catch(() => ''));
    // The runner's own verdict wins: it knows of failures outside of tests.
    return counts !== undefined && (exitCode === 0) === (counts.failed === 0) ? counts : undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const parseCounts = (text: string): TestCounts | undefined => (text === '' ? undefined : JSON.parse(text));

const names = process.argv.slice(2);
const unknown = names.filter((name) => suites[name] === undefined);
if (names.length === 0 || unknown.length > 0) {
  console.error(`usage: run-tests.ts SUITE..., each one of: ${Object.keys(suites).join(', ')}`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
let skipped = 0;
for (const name of names) {
  const suite = suites[name];
  if (suite === undefined) continue;
  console.log(`\n${name} tests`);
  const counts = await runSuite(suite);
  passed += counts?.passed ?? 0;
  skipped += counts?.skipped ?? 0;
  failed += counts?.failed ?? 0;
  if (counts === undefined || counts.passed + counts.failed === 0) {
    console.error(`\nThe ${name} tests did not run to their end, or there were none.`);
    failed += 1;
  }
}
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 ? 0 : 1;
