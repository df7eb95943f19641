import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { acquireLeadership } from '../../kubernetes/leader-election.ts';
import type { Leadership } from '../../kubernetes/leadership.ts';
import { leaseType } from '../../kubernetes/lease-file.ts';
import { type LeaseRecord, parseLease } from '../../kubernetes/lease-record.ts';
import { startApiServer } from '../harness/api-server.ts';
import { connect } from '../harness/connect.ts';
import { shortTiming } from '../harness/short-timing.ts';
import { until } from '../harness/wait.ts';

const server = await startApiServer({ after });
const { client } = connect({ after }, server.kubeconfig('admin'));

async function readLease(namespace: string): Promise<LeaseRecord> {
  const lease = await client.get(leaseType, { namespace, name: 'leader' });
  assert.ok(lease !== undefined);
  return parseLease(lease);
}

function candidate(context: TestContext, namespace: string, identity: string): Promise<Leadership | undefined> {
  const ending = new AbortController();
  const leadership = acquireLeadership({
    ...{ client, lease: { namespace, name: 'leader' }, identity, timing: shortTiming, signal: ending.signal },
    log: pino({ level: 'silent' }),
  });
  context.after(async () => {
    ending.abort();
    await (await leadership)?.release();
  });
  return leadership;
}

async function mustLead(leadership: Promise<Leadership | undefined>): Promise<Leadership> {
  const led = await leadership;
  assert.ok(led !== undefined);
  assert.ok(led.isLeader());
  return led;
}

test('one of two leads; when it gives the lease back, the other one leads at once', async (context) => {
  const namespace = await server.namespace();
  const first = await mustLead(candidate(context, namespace, 'first'));
  let isSecondLeading = false;
  const second = candidate(context, namespace, 'second').then((leadership) => {
    isSecondLeading = true;
    return leadership;
  });
  await new Promise((resolve) => setTimeout(resolve, 2 * shortTiming.durationMs));
  assert.deepEqual([first.isLeader(), isSecondLeading], [true, false]);
  assert.equal((await readLease(namespace)).leaseTransitions, 0);

  const givenBackAt = performance.now();
  await first.release();
  assert.deepEqual([first.isLeader(), first.lost.aborted], [false, true]);
  await mustLead(second);
  assert.ok(performance.now() - givenBackAt < shortTiming.durationMs);
  const lease = await readLease(namespace);
  assert.deepEqual([lease.holderIdentity, lease.leaseTransitions], ['second', 1]);
});

test('a leader that cannot renew stops before another one may begin', async (context) => {
  const namespace = await server.namespace();
  const first = await mustLead(candidate(context, namespace, 'first'));
  const lostAt = new Promise<number>((resolve) =>
    first.lost.addEventListener('abort', () => resolve(performance.now())),
  );
  const killedAt = performance.now();
  await server.kill();
  const lastedMs = (await lostAt) - killedAt;
  assert.equal(first.isLeader(), false);
  assert.ok(lastedMs < shortTiming.renewDeadlineMs + shortTiming.retryMs, `${lastedMs} ms`);
  await server.restart();
  await mustLead(candidate(context, namespace, 'second'));
});

test('a lease that somebody takes by hand is lost', async (context) => {
  const namespace = await server.namespace();
  const first = await mustLead(candidate(context, namespace, 'first'));
  const takenAt = performance.now();
  await server.mustKubectl([
    ...['-n', namespace, 'patch', 'lease', 'leader', '--type=merge'],
    ...['-p', '{"spec":{"holderIdentity":"somebody"}}'],
  ]);
  await until('it is lost', () => first.lost.aborted);
  assert.ok(performance.now() - takenAt < shortTiming.renewDeadlineMs);
});

const program = join(import.meta.dirname, '../harness/candidate.ts');

function startProcess(
  context: TestContext,
  namespace: string,
): { readonly child: ChildProcess; readonly lines: readonly string[] } {
  const args = [program, server.kubeconfig('admin'), namespace, 'process'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  context.after(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  let rest = '';
  child.stdout?.on('data', (chunk) => {
    const parts = `${rest}${chunk}`.split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  return { child, lines };
}

test('a leader that was stopped, and wakes up under another one, writes nothing more', async (context) => {
  const namespace = await server.namespace();
  const { child, lines } = startProcess(context, namespace);
  await until('the process leads', () => lines.length > 10);
  child.kill('SIGSTOP');
  await mustLead(candidate(context, namespace, 'other'));
  const takenAt = process.hrtime.bigint();
  child.kill('SIGCONT');
  await until('it knows that it has lost', () => lines.includes('lost'));
  const writes = lines.flatMap((line) => (line.startsWith('writing ') ? [BigInt(line.slice(8))] : []));
  assert.ok(writes.length > 0);
  assert.deepEqual(
    writes.filter((at) => at > takenAt),
    [],
  );
  assert.equal((await readLease(namespace)).holderIdentity, 'other');
});

test('who waits for leadership can be told to end', async (context) => {
  const namespace = await server.namespace();
  await mustLead(candidate(context, namespace, 'first'));
  const ending = new AbortController();
  const waiting = acquireLeadership({
    ...{ client, lease: { namespace, name: 'leader' }, identity: 'second', signal: ending.signal },
    log: pino({ level: 'silent' }),
  });
  ending.abort();
  assert.equal(await waiting, undefined);
});
