import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient, makeKey } from '../harness/client.ts';
import type { LogLine } from '../harness/standalone.ts';
import { until } from '../harness/wait.ts';
import { startWorld } from '../harness/world.ts';

const world = await startWorld({ after }, { users: { alice: {} } });
const { server, home } = world;
const stranger = await makeKey(home, 'stranger');

const lines = (): readonly LogLine[] => server.audit().filter(({ msg }) => msg === 'login failed');

const failures = (): Promise<number> => server.metric('git_ingress_login_failures_total');

async function fail(client: Client, user = 'git'): Promise<void> {
  assert.equal((await client.ssh([], { user })).status, 255);
}

const outcomesOf = ({ offered }: LogLine): readonly string[] =>
  (offered as readonly { outcome: string }[]).map(({ outcome }) => outcome);

test('a client with many unknown keys has one short line', async () => {
  const keys = await Promise.all(Array.from({ length: 12 }, (_, at) => makeKey(home, `unknown-${at}`)));
  await fail(
    createClient(
      server,
      stranger,
      keys.flatMap(({ file }) => ['-i', file]),
    ),
  );
  const line = await until('the line', () => lines()[0]);
  assert.deepEqual([outcomesOf(line), line.unlisted], [Array(5).fill('UnknownKey'), 8]);
  assert.ok(JSON.stringify(line).length < 1_000);
});

test('strangers cannot flood the audit log, hide nobody who is known, and are told of', async () => {
  const known = world.client('alice');
  const [linesBefore, failuresBefore] = [lines().length, await failures()];
  // A share is for ten seconds, and these may fall into two of them.
  for (let at = 0; at < 45; at += 1) await fail(createClient(server, stranger));
  await fail(known, 'root');
  await until('all are counted', async () => (await failures()) === failuresBefore + 46);
  const written = await until('the known key', () => {
    const found = lines().slice(linesBefore);
    return found.some((line) => outcomesOf(line).includes('WrongLoginName')) && found;
  });
  assert.ok(written.length < 46, `${written.length} lines`);

  // The next line of the next ten seconds tells how many were left out.
  await until('every failure is told or counted among those left out', async () => {
    await fail(createClient(server, stranger));
    await sleep(500);
    const told = lines().slice(linesBefore);
    const leftOut = told.reduce((sum, line) => sum + Number(line.leftOut ?? 0), 0);
    return leftOut > 0 && told.length + leftOut === (await failures()) - failuresBefore;
  });
});
