/** How a gateway follows the access index: a real API server, and a writer that stands in for the operator. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import type { AccessIndex } from '../../core/index/access-index.ts';
import { manifestName } from '../../core/index/manifest.ts';
import { systemClock } from '../../gateway/clock.ts';
import { type ClusterIndex, type ClusterIndexOptions, startClusterIndex } from '../../gateway/cluster/index-source.ts';
import { shardType } from '../../gateway/cluster/resource-types.ts';
import { startCluster } from '../harness/cluster.ts';
import { connect } from '../harness/connect.ts';
import { keyLines, userLine } from '../harness/index-lines.ts';
import { createIndexWriter } from '../harness/index-writer.ts';
import { until } from '../harness/wait.ts';
import { makeCuttable } from './cuttable.ts';

const { server, client: admin } = await startCluster({ after });

type LogLine = { readonly msg: string; readonly why?: string };
type Followed = { readonly index: ClusterIndex; readonly log: readonly LogLine[] };

/** Follows the index of a namespace to the end of the test, with a heart that beats ten times as fast. */
function follow(context: TestContext, namespace: string, options: Partial<ClusterIndexOptions> = {}): Followed {
  const ending = new AbortController();
  const log: LogLine[] = [];
  const index = startClusterIndex({
    ...{ client: admin, namespace, clock: systemClock, signal: ending.signal, heartbeatMs: 500 },
    log: pino({ level: 'debug' }, { write: (line) => void log.push(JSON.parse(line)) }),
    ...options,
  });
  context.after(async () => {
    ending.abort();
    await index.closed;
  });
  return { index, log };
}

/** The group of `team/alice`, by which a test tells revisions apart. */
const groupIn = (index: AccessIndex | undefined): string | undefined =>
  index?.user({ namespace: 'team', name: 'alice' })?.groups[0];

const hasGroup = (index: ClusterIndex, group: string, timeout?: number): Promise<unknown> =>
  until(`group ${group}`, () => groupIn(index.current) === group, timeout);

test('there is no index before a whole one, and none is ever half', async (context) => {
  const namespace = await server.namespace();
  const writer = createIndexWriter(admin, namespace);
  const { index, log } = follow(context, namespace);
  const first = writer.plan({ set: userLine('alice', 'first') });
  await writer.writeShards(first.writes);
  await until('the shards were seen', () => index.ageSeconds() > 0.6);
  assert.equal(index.current, undefined);
  await writer.writeManifest(first.next.manifest);
  await hasGroup(index, 'first');

  const swaps: (string | undefined)[] = [];
  index.subscribe((swapped) => swaps.push(groupIn(swapped)));
  const second = writer.plan({ set: userLine('alice', 'second') });
  await writer.writeManifest(second.next.manifest);
  await until('a complaint', () => log.some(({ msg }) => msg === 'a revision of the index cannot be taken up'));
  assert.equal(groupIn(index.current), 'first');
  await writer.writeShards(second.writes);
  await hasGroup(index, 'second');
  assert.deepEqual(swaps, ['second']);
});

test('shards that somebody edits or deletes lock nobody out, and the next revision builds on what they were', async (context) => {
  const namespace = await server.namespace();
  const writer = createIndexWriter(admin, namespace);
  const { index } = follow(context, namespace);
  const { shards } = await writer.publish({ set: new Map([...userLine('alice', 'first'), ...keyLines(2_000)]) });
  await hasGroup(index, 'first');
  const [edited, deleted] = shards.map(({ name }) => name);
  assert.ok(edited && deleted);
  await server.mustKubectl(['delete', 'accessindexshard', '-n', namespace, deleted]);
  const patch = JSON.stringify({ spec: { data: 'nonsense' } });
  await server.mustKubectl(['patch', 'accessindexshard', '-n', namespace, edited, '--type=merge', '-p', patch]);
  await writer.publish({ set: userLine('bob', 'later') });
  await until('the next revision', () => index.current?.revision === 2);
  assert.equal(groupIn(index.current), 'first');
  assert.equal([...(index.current?.entries() ?? [])].length, 2_002);
});

test('a manifest that somebody deletes changes nothing but the age', async (context) => {
  const namespace = await server.namespace();
  const writer = createIndexWriter(admin, namespace);
  const { index } = follow(context, namespace);
  const manifest = await writer.publish({ set: userLine('alice', 'first') });
  await hasGroup(index, 'first');
  await admin.remove(shardType, { namespace, name: manifestName });
  await until('the age grows', () => index.ageSeconds() > 1.2);
  assert.equal(groupIn(index.current), 'first');
  await writer.writeManifest(manifest);
  await until('it is up to date', () => index.ageSeconds() < 0.6);
});

test('a manifest that cannot be read is told of, and leaves the index as it is', async (context) => {
  const namespace = await server.namespace();
  const writer = createIndexWriter(admin, namespace);
  const { index, log } = follow(context, namespace);
  await writer.publish({ set: userLine('alice', 'first') });
  await hasGroup(index, 'first');
  const patch = JSON.stringify({ spec: { data: '{"epoch":1}' } });
  await server.mustKubectl(['patch', 'accessindexshard', '-n', namespace, manifestName, '--type=merge', '-p', patch]);
  await until('a complaint', () => log.some(({ why }) => why?.startsWith('the manifest cannot be read')));
  assert.equal(groupIn(index.current), 'first');
  await writer.publish({ set: userLine('alice', 'second') });
  await hasGroup(index, 'second');
});

test('a change is in force within a second', async (context) => {
  const namespace = await server.namespace();
  const writer = createIndexWriter(admin, namespace);
  const { index } = follow(context, namespace);
  await writer.publish({ set: new Map([...userLine('alice', 'first'), ...keyLines(10_000)]) });
  await hasGroup(index, 'first');
  const times: number[] = [];
  for (let at = 0; at < 100; at++) {
    const arrived = Promise.withResolvers<void>();
    const unsubscribe = index.subscribe((swapped) => groupIn(swapped) === `change-${at}` && arrived.resolve());
    const startedAt = performance.now();
    await writer.publish({ set: userLine('alice', `change-${at}`) });
    await arrived.promise;
    times.push(performance.now() - startedAt);
    unsubscribe();
  }
  times.sort((a, b) => a - b);
  const [p50 = 0, p99 = 0] = [times[49], times[98]];
  context.diagnostic(`written and in force: p50 ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms`);
  assert.ok(p99 < 1_000, `${p99} ms`);
});

test('of an older epoch nothing is taken up, unless the API server stands by it', async (context) => {
  const namespace = await server.namespace();
  const settleMs = 3_000;
  const [deposed, leader] = [createIndexWriter(admin, namespace), createIndexWriter(admin, namespace)];
  const { index } = follow(context, namespace, { settleMs });
  await deposed.publish({ set: userLine('alice', 'of the first') }, 1);
  await hasGroup(index, 'of the first');
  await leader.publish({ set: userLine('alice', 'of the second') }, 2);
  await hasGroup(index, 'of the second');

  const late = deposed.plan({ set: userLine('alice', 'too late') }, 1);
  await deposed.writeShards(late.writes);
  await deposed.writeManifest(late.next.manifest);
  await sleep(settleMs / 2);
  assert.equal(groupIn(index.current), 'of the second');
  // The leader sees what happened, and writes anew.
  await leader.publish({ set: userLine('alice', 'again') }, 2);
  await hasGroup(index, 'again');

  // Nobody does: etcd came back from a backup, and the operator goes on from there.
  await deposed.publish({ set: userLine('alice', 'restored') }, 1);
  const startedAt = performance.now();
  await hasGroup(index, 'restored');
  assert.ok(performance.now() - startedAt > settleMs / 2);
});

test('a manifest that was made anew begins a count of its own', async (context) => {
  const namespace = await server.namespace();
  const [first, second] = [createIndexWriter(admin, namespace), createIndexWriter(admin, namespace)];
  const { index } = follow(context, namespace);
  await first.publish({ set: userLine('alice', 'before') }, 7);
  await hasGroup(index, 'before');
  await admin.remove(shardType, { namespace, name: manifestName });
  await second.publish({ set: userLine('alice', 'after') }, 1);
  // Sooner than an older one would be taken up.
  await hasGroup(index, 'after', 10_000);
  assert.equal(index.current?.epoch, 1);
});

test('a connection that is cut every half second holds nothing up', async (context) => {
  const namespace = await server.namespace();
  const writer = createIndexWriter(admin, namespace);
  const way = await makeCuttable(context, server, server.kubeconfig('admin'));
  const { index } = follow(context, namespace, { client: connect(context, way.kubeconfig).client });
  await writer.publish({ set: userLine('alice', 'first') });
  await hasGroup(index, 'first');
  const cutting = setInterval(way.cut, 500);
  context.after(() => clearInterval(cutting));
  let slowest = 0;
  for (let at = 0; at < 20; at++) {
    const startedAt = performance.now();
    await writer.publish({ set: userLine('alice', `change-${at}`) });
    await hasGroup(index, `change-${at}`);
    slowest = Math.max(slowest, performance.now() - startedAt);
    await sleep(150);
  }
  context.diagnostic(`the slowest of 20 changes took ${Math.round(slowest)} ms`);
  assert.ok(slowest < 2_000, `${slowest} ms`);
});

test('cut off, the index stays and ages; back again, it is up to date at once', async (context) => {
  const namespace = await server.namespace();
  const writer = createIndexWriter(admin, namespace);
  const way = await makeCuttable(context, server, server.kubeconfig('admin'));
  const { index, log } = follow(context, namespace, { client: connect(context, way.kubeconfig).client });
  await writer.publish({ set: userLine('alice', 'before') });
  await hasGroup(index, 'before');
  way.isOpen = false;
  way.cut();
  await until('the age grows', () => index.ageSeconds() > 2.5);
  await writer.publish({ set: userLine('alice', 'meanwhile') });
  assert.equal(groupIn(index.current), 'before');
  way.isOpen = true;
  await hasGroup(index, 'meanwhile', 7_000);
  await until('it is young', () => index.ageSeconds() < 1);
  const said = log.filter(({ msg }) => msg.startsWith('the API server'));
  assert.deepEqual(
    said.map(({ msg }) => msg),
    ['the API server does not answer: the index stays as it is', 'the API server answers again'],
  );
});

test('an API server that is killed and started again, its history compacted, is followed again', async (context) => {
  const namespace = await server.namespace();
  const writer = createIndexWriter(admin, namespace);
  const { index } = follow(context, namespace);
  await writer.publish({ set: userLine('alice', 'before') });
  await hasGroup(index, 'before');
  await server.compact();
  await server.kill();
  await until('the age grows', () => index.ageSeconds() > 2);
  assert.equal(groupIn(index.current), 'before');
  await server.restart();
  await writer.publish({ set: userLine('alice', 'after') });
  await hasGroup(index, 'after', 10_000);
  await until('it is young', () => index.ageSeconds() < 1);
});

test('a cluster that has lost everything is taken for what it is once there is an index again', async (context) => {
  const namespace = await server.namespace();
  const { index } = follow(context, namespace);
  await createIndexWriter(admin, namespace).publish({ set: userLine('alice', 'before') }, 9);
  await hasGroup(index, 'before');
  await server.empty();
  await server.mustKubectl(['apply', '--server-side', '-f', join(import.meta.dirname, '..', '..', 'crds')]);
  await server.mustKubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  await server.mustKubectl(['create', 'namespace', namespace]);
  assert.equal(groupIn(index.current), 'before');
  await createIndexWriter(admin, namespace).publish({ set: userLine('alice', 'after') }, 1);
  await hasGroup(index, 'after', 15_000);
  await until('it is young', () => index.ageSeconds() < 1);
});
