import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { accessIndexShardSpec } from '../../core/api/access-index-shard.ts';
import { gatewayReportSpec } from '../../core/api/gateway-report.ts';
import { parseResource } from '../../core/api/resource.ts';
import { startApiServer } from '../harness/api-server.ts';
import { gitUser, manifest, repository } from '../harness/manifest.ts';
import { run } from '../harness/run.ts';
import { executable } from '../harness/standalone.ts';
import { until } from '../harness/wait.ts';
import { createAsker } from './ask.ts';
import { gitUserRows } from './git-user-rows.ts';
import { repositoryRows } from './repository-rows.ts';
import { privateKeyBody, sshKeyRows } from './ssh-key-rows.ts';

const rows = [...gitUserRows, ...sshKeyRows, ...repositoryRows];
const crds = join(import.meta.dirname, '..', '..', 'crds');

const server = await startApiServer({ after });
const ask = createAsker({ after }, server);
const applied = await server.mustKubectl(['apply', '--server-side', '-f', crds]);
await server.mustKubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
/** What `check` says of all rows, taken for one installation. */
const checked = await check();

async function check(): Promise<readonly string[]> {
  const folder = join(server.home, 'rows');
  mkdirSync(folder);
  writeFileSync(join(folder, 'base.json'), manifest(gitUser('alice', {}, 'default'), repository('app', {}, 'default')));
  for (const [at, { object }] of rows.entries()) writeFileSync(join(folder, `${at}.json`), JSON.stringify(object));
  const { stdout } = await run(executable, ['check', folder], { cwd: server.home });
  return stdout.split('\n');
}

const defaults = { namespace: 'default', uidOf: () => '' };

for (const [at, row] of rows.entries()) {
  test(`${row.verdict}: ${row.title}`, async () => {
    const { status, body } = await ask(row.object);
    const lines = checked.filter((line) => line.includes(`/rows/${at}.json`));
    const said = `API server: ${status} ${body.message}\ncheck: ${lines.join('\n')}`;
    assert.ok(lines.length > 0, 'check says nothing of it');
    assert.ok(!said.includes(privateKeyBody), 'a private key is repeated');
    const isRefused = lines.some((line) => line.startsWith('REFUSED'));
    assert.deepEqual([status < 300, isRefused], [row.verdict !== 'Refused', row.verdict !== 'Taken'], said);
    const { field = '' } = row;
    if (row.verdict === 'Refused') {
      assert.ok(status === 400 || status === 422, said);
      assert.ok(body.message.includes(field), `the API server does not name ${field}\n${said}`);
      assert.ok(lines.join().includes(' Invalid: '), said);
    } else {
      // Defaults, and what becomes of fields without a value, are the same too.
      const parsed = parseResource(row.object, defaults);
      assert.deepEqual(parsed.ok && parsed.value.spec, body.spec, said);
    }
    assert.ok(lines.join().includes(field), `check does not name ${field}\n${said}`);
  });
}

test('there are at least 60 rows, and all kinds and verdicts are among them', () => {
  assert.ok(rows.length >= 60);
  assert.equal(new Set(rows.map(({ object, verdict }) => `${object.kind} ${verdict}`)).size, 8);
});

const internal = [
  ['AccessIndexShard', { data: 'x'.repeat(524_288) }, true],
  ['AccessIndexShard', { data: 'x'.repeat(524_289) }, false],
  ['AccessIndexShard', { data: '' }, false],
  ['AccessIndexShard', undefined, false],
  ['GatewayReport', { epoch: 0, revision: 0, heartbeat: 0, sessions: 0 }, true],
  ['GatewayReport', { epoch: 1, revision: Number.MAX_SAFE_INTEGER, heartbeat: 3, sessions: 4 }, true],
  ['GatewayReport', { epoch: 1, revision: Number.MAX_SAFE_INTEGER + 1, heartbeat: 3, sessions: 4 }, false],
  ['GatewayReport', { epoch: -1, revision: 0, heartbeat: 0, sessions: 0 }, false],
  ['GatewayReport', { epoch: 1.5, revision: 0, heartbeat: 0, sessions: 0 }, false],
  ['GatewayReport', { epoch: 1, revision: 2, heartbeat: 3 }, false],
] as const;

for (const [at, [kind, spec, isTaken]] of internal.entries()) {
  test(`${kind} ${JSON.stringify(spec)?.slice(0, 80)} is ${isTaken ? 'taken' : 'refused'}`, async () => {
    const object = { apiVersion: 'gitingress.dev/v1alpha1', kind, metadata: { name: `internal-${at}` }, spec };
    const { status, body } = await ask(object);
    assert.equal(status, isTaken ? 201 : 422, body.message);
    const schema = kind === 'GatewayReport' ? gatewayReportSpec : accessIndexShardSpec;
    assert.equal(schema.safeParse(spec).success, isTaken);
  });
}

test('the CustomResourceDefinitions are established, and nothing is wrong with them', async () => {
  assert.equal(applied.stderr, '', 'the API server warns');
  const { stdout } = await server.mustKubectl(['get', 'crd', '-o', 'json']);
  const { items } = JSON.parse(stdout);
  assert.equal(items.length, 5);
  for (const { metadata, status } of items) {
    const conditions = status.conditions.map((each: { type: string; status: string }) => `${each.type} ${each.status}`);
    assert.deepEqual(conditions.sort(), ['Established True', 'NamesAccepted True'], metadata.name);
  }
});

test('the type of a Repository cannot be changed', async () => {
  const [crd, ns] = ['repositories.gitingress.dev', await server.namespace()];
  // There is but one type yet.
  const types = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/type/enum/-';
  await server.mustKubectl(['apply', '-f', '-'], { input: manifest(repository('app', {}, ns)) });
  await server.mustKubectl(['patch', 'crd', crd, '--type=json', '-p', patchOf('add', types, 'Svn')]);
  const change = ['patch', 'repository', 'app', '-n', ns, '--type=json', '-p', patchOf('replace', '/spec/type', 'Svn')];
  const stderr = await until('the API server knows the type Svn', async () => {
    const outcome = await server.kubectl(change);
    return !outcome.stderr.includes('Unsupported value') && outcome.stderr;
  });
  assert.match(stderr, /spec\.type: Invalid value: "Svn": cannot be changed/);
});

const patchOf = (op: string, path: string, value: unknown): string => JSON.stringify([{ op, path, value }]);
