import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { createLeaderMetric } from './metrics.ts';

test('leadership is asked for at each scrape', async () => {
  const registry = new Registry();
  let leads = false;
  createLeaderMetric(registry)('git-ingress-operator', () => leads);
  assert.match(await registry.metrics(), /^leader_election_master_status\{name="git-ingress-operator"\} 0$/m);
  leads = true;
  assert.match(await registry.metrics(), /^leader_election_master_status\{name="git-ingress-operator"\} 1$/m);
});
