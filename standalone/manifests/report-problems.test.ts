import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { createLogLines } from '../../runtime/testing/log-lines.ts';
import type { ManifestProblem } from './problem.ts';
import { createProblemReporter } from './report-problems.ts';

test('each problem is logged when it appears and when it is solved, and counted', async () => {
  const { log, lines } = createLogLines<{ level: string; msg: string; problem?: ManifestProblem; unlogged?: number }>();
  const metrics = new Registry();
  const report = createProblemReporter(log.logger, metrics);
  const problem = (line: number): ManifestProblem => ({ kind: 'Invalid', file: 'a.yaml', line, message: 'wrong' });
  const told = (): readonly string[] => lines.splice(0).map(({ level, problem: about }) => `${level} ${about?.line}`);

  report([problem(1), problem(2)]);
  assert.deepEqual(told(), ['error 1', 'error 2']);
  report([problem(1), problem(2)]);
  assert.deepEqual(told(), []);
  report([problem(2), problem(3)]);
  assert.deepEqual(told(), ['error 3', 'info 1']);
  const text = await metrics.metrics();
  assert.match(text, /git_ingress_manifest_problems\{kind="Invalid"\} 2/);
  assert.match(text, /git_ingress_manifest_problems_total\{kind="Invalid"\} 3/);

  report(Array.from({ length: 1_000 }, (_, at) => problem(at + 10)));
  assert.ok(lines.length < 110);
  assert.equal(lines.at(-1)?.unlogged, 900);
});
