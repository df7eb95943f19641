/** `can-i` and `check` of a cluster say what they say of a folder with the same objects, and what the operator says. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startCluster } from '../harness/cluster.ts';
import { gitUser, grant, manifest, repository, sshKey } from '../harness/manifest.ts';
import { publicKeyOf } from '../harness/random-key.ts';
import { type Outcome, run } from '../harness/run.ts';
import { executable } from '../harness/server-process.ts';

const cluster = await startCluster({ after }, { users: { reader: [], guest: [] } });
const { server } = cluster;
const prefixes = ['--operator-path-prefixes', 'team=tools/'];

const readable = ['gitusers', 'sshkeys', 'repositories'].map((kind) => `--resource=${kind}.gitingress.dev`);
await server.mustKubectl(['create', 'clusterrole', 'reader', '--verb=list', ...readable]);
await server.mustKubectl(['create', 'clusterrolebinding', 'reader', '--clusterrole=reader', '--user=reader']);
await server.mustKubectl(['-n', 'team', 'create', 'rolebinding', 'guest', '--clusterrole=reader', '--user=guest']);

const keyFile = join(server.home, 'key.pub');
writeFileSync(keyFile, `${publicKeyOf('alice')} alice@laptop\n`);
const key = (name: string, publicKey: string, user: string, namespace = 'team', spec: object = {}): object =>
  sshKey(name, { publicKey: publicKeyOf(publicKey), userRef: { name: user }, ...spec }, namespace);
const objects = [
  gitUser('alice', { groups: ['developers'] }),
  gitUser('eve', { suspended: true }),
  gitUser('alice', {}, 'other'),
  key('laptop', 'alice', 'alice', 'team', { sourceRanges: ['10.0.0.0/8'] }),
  key('same', 'alice', 'alice', 'other', { expiresAt: '2001-01-01T00:00:00Z' }),
  key('twice', 'alice', 'alice'),
  key('eve', 'eve', 'eve'),
  key('lost', 'lost', 'nobody'),
  repository('app', {
    access: [{ role: 'Write', subjects: [{ kind: 'Group', name: 'developers' }] }],
    refRules: [{ refs: ['refs/heads/main'], actions: ['Update'], effect: 'Deny', subjects: [{ kind: 'Everyone' }] }],
  }),
  repository('tool', { path: 'tools/tool', access: [grant('Read', 'alice')] }),
  repository('thief', { path: 'team/app', access: [grant('Write', 'alice')] }, 'other'),
  repository('frozen', { access: [grant('Maintain', 'alice')], readOnly: { message: 'until Monday' } }),
];
const folder = join(server.home, 'manifests');
mkdirSync(folder);
writeFileSync(join(folder, 'all.yaml'), manifest(...objects));
await server.mustKubectl(['apply', '-f', folder]);

const inFolder = ['--manifests', folder, ...prefixes];
const inCluster = (user = 'reader'): readonly string[] => [
  ...['--kubernetes-kubeconfig', server.kubeconfig(user)],
  ...prefixes,
];
const canI = (question: string, where: readonly string[]): Promise<Outcome> =>
  run(executable, ['can-i', ...question.split(' ').map((word) => (word === 'KEY' ? keyFile : word)), ...where]);
const check = (...args: readonly string[]): Promise<Outcome> => run(executable, ['check', ...args]);

for (const [question, status] of [
  ['read team/app --user team/alice', 0],
  ['write team/app --user team/alice', 0],
  ['write team/app refs/heads/main --user team/alice', 1],
  ['create team/app refs/heads/new --user team/alice', 0],
  ['rewind team/app refs/heads/new --user team/alice', 1],
  ['delete team/frozen refs/heads/new --user team/alice', 1],
  ['read tools/tool --user team/alice', 0],
  ['read tools/tool --user other/alice', 1],
  ['write team/app --user other/alice', 1],
  ['read team/app --user team/eve', 1],
  ['read team/app --user team/nobody', 3],
  ['read team/none --user team/alice', 1],
  ['write team/app refs/heads/x --key KEY --address 10.1.2.3', 0],
  ['write team/app refs/heads/x --key KEY --address 192.0.2.1', 1],
  ['read team/app --key KEY', 3],
] as const) {
  test(`can-i ${question}: a folder and a cluster give the same answer`, async () => {
    const [there, here] = [await canI(question, inCluster()), await canI(question, inFolder)];
    assert.deepEqual(there, here);
    assert.equal(there.status, status, `${there.stdout}${there.stderr}`);
  });
}

type Row = { readonly object: string; readonly verdict: string; readonly message: string };

const rowsOf = ({ stdout }: Outcome): readonly Row[] =>
  stdout.split('\n').flatMap((line) => {
    const [, verdict = '', object = '', message = ''] =
      /^(accepted|REFUSED) +(\w+ [\w/-]+)(?: +\S+:\d+)?(?: {2}(.*))?$/.exec(line) ?? [];
    return verdict === '' ? [] : [{ object, verdict, message: message.trim() }];
  });

const sorted = (rows: readonly Row[]): readonly Row[] => rows.toSorted((a, b) => (a.object < b.object ? -1 : 1));

test('check of a cluster says what check of the folder says, and what the operator writes into conditions', async () => {
  const there = await check(...inCluster());
  const here = await check(folder, ...prefixes);
  assert.equal(there.status, 1);
  assert.deepEqual(sorted(rowsOf(there)), sorted(rowsOf(here)));
  assert.match(there.stdout, /\n8 accepted, 4 refused\n$/);
  const operator = await cluster.startOperator(...prefixes);
  for (const { object, verdict, message } of rowsOf(there)) {
    const [kind = '', ref = ''] = object.split(' ');
    if (kind === 'GitUser') continue;
    const [reason = '', ...rest] = message.split(': ');
    const expected = verdict === 'accepted' ? 'True Accepted' : `False ${reason}`;
    const said = await cluster.condition(kind, ref, 'Accepted', expected);
    assert.equal(said, verdict === 'accepted' ? message : rest.join(': '), object);
  }
  await operator.stop();
});

test('check judges a file as if it were applied: by what is there, and by age', async () => {
  const file = join(server.home, 'new.yaml');
  const changed = repository('thief', { access: [grant('Write', 'alice')] }, 'other');
  writeFileSync(file, manifest(key('first', 'alice', 'alice'), key('new', 'new', 'alice'), changed));
  const { stdout, status } = await check(file, ...inCluster());
  const rows = new Map(rowsOf({ stdout, stderr: '', status }).map(({ object, message }) => [object, message]));
  assert.deepEqual([...rows.keys()], ['SSHKey team/first', 'SSHKey team/new', 'Repository other/thief']);
  assert.match(rows.get('SSHKey team/first') ?? '', /^Duplicate: .*SSHKey team\/laptop/);
  assert.equal(rows.get('SSHKey team/new'), '');
  assert.equal(rows.get('Repository other/thief'), '');
  assert.equal(status, 1);
});

test('whoever may read one namespace asks about that one', async () => {
  const question = 'read team/app --user team/alice';
  const everywhere = await canI(question, inCluster('guest'));
  assert.equal(everywhere.status, 3);
  assert.match(everywhere.stderr, /could not tell: .* is forbidden: User "guest" .*--operator-namespaces names/);
  assert.equal((await canI(question, [...inCluster('guest'), '--operator-namespaces', 'team'])).status, 0);
  const checked = await check(...inCluster('guest'));
  assert.deepEqual([checked.status, checked.stdout], [1, '']);
});

test('a cluster that has not our kinds, and one that is not there, could not tell', async () => {
  const question = 'read team/app --user team/alice';
  await server.mustKubectl(['delete', 'crd', '--all']);
  const without = await canI(question, inCluster('admin'));
  assert.equal(without.status, 3);
  assert.match(without.stderr, /could not tell: .* it does not know their kinds: install the chart/);
  await server.kill();
  const absent = await canI(question, inCluster('admin'));
  assert.equal(absent.status, 3);
  assert.match(
    absent.stderr,
    /could not tell: the objects in the cluster 127\.0\.0\.1:\d+ cannot be read: .*ECONNREFUSED/,
  );
});
