import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { registerLogMetrics } from './metrics.ts';

test('lost log lines are counted, those of two processes under two names', async () => {
  const registry = new Registry();
  const sink = { dropped: 0, isLosing: false, write: () => {}, flush: async () => {} };
  registerLogMetrics(registry, sink);
  registerLogMetrics(registry, { ...sink, dropped: 2 }, 'repository_');
  sink.dropped = 3;
  await registry.metrics();
  sink.dropped = 7;
  const text = await registry.metrics();
  assert.match(text, /^git_ingress_log_lines_dropped_total 7$/m);
  assert.match(text, /^git_ingress_repository_log_lines_dropped_total 2$/m);
});
