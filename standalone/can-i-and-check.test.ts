import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StoredObjects } from '../operator/list-objects.ts';
import { canI } from './can-i.ts';
import { canIFlags, parseQuestion } from './can-i-question.ts';
import { check } from './check.ts';
import { readFolder } from './known-objects.ts';

const policy = { minimumRsaBits: 2048 };

const user = (name: string, spec: string) =>
  `apiVersion: gitingress.dev/v1alpha1\nkind: GitUser\nmetadata: {name: ${name}, namespace: team}\nspec: ${spec}\n`;
const line = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGdpdC1pbmdyZXNzIHRlc3Qga2V5IGdpdC1pbmdyZXNz alice@laptop';
const manifests = `${user('alice', '{groups: [developers]}')}---
${user('eve', '{suspended: true}')}---
apiVersion: gitingress.dev/v1alpha1
kind: SSHKey
metadata: {name: laptop, namespace: team}
spec:
  publicKey: ${line}
  userRef: {name: alice}
  sourceRanges: [10.0.0.0/8]
---
apiVersion: gitingress.dev/v1alpha1
kind: GitUser
metadata: {name: guest, namespace: other}
---
apiVersion: gitingress.dev/v1alpha1
kind: SSHKey
metadata: {name: same-key, namespace: other}
spec: {publicKey: ${line}, userRef: {name: guest}, sourceRanges: [10.0.0.0/8]}
---
apiVersion: gitingress.dev/v1alpha1
kind: Repository
metadata: {name: app, namespace: team}
spec:
  access:
  - {role: Write, subjects: [{kind: Group, name: developers}]}
  - {role: Maintain, subjects: [{kind: User, name: guest, namespace: other}]}
  refRules:
  - {refs: [refs/heads/main], actions: [Update], effect: Deny, subjects: [{kind: Group, name: developers}]}
`;

const questions: readonly [argv: string, code: number, expected: RegExp][] = [
  [
    'read team/app --user team/alice',
    0,
    /^allowed\n {2}GitUser team\/alice, by Repository team\/app spec\.access\[0\]\n/,
  ],
  ['write team/app --user team/alice', 0, /^allowed/],
  ['write /team/app.git refs/heads/x --user team/alice', 0, /^allowed/],
  ['write team/app refs/heads/main --user team/alice', 1, /^denied: .*\n.*by Repository team\/app spec\.refRules\[0\]/],
  ['create team/app refs/heads/new --user team/alice', 0, /^allowed/],
  ['rewind team/app refs/heads/x --user team/alice', 1, /^denied: .*Maintain/],
  ['delete team/app refs/heads/x --user team/alice', 1, /^denied: .*Maintain/],
  ['read team/none --user team/alice', 1, /^denied: there is no repository team\/none/],
  ['read team/app --user team/eve', 1, /^denied: GitUser team\/eve is suspended/],
  ['read team/app --user team/nobody', 3, /could not tell: there is no accepted GitUser team\/nobody/],
  ['read team/app --key KEY --address 10.1.2.3', 0, /^allowed/],
  ['write team/app refs/heads/main --key KEY --address 10.1.2.3 --login guest', 0, /GitUser other\/guest/],
  ['rewind team/app refs/heads/x --key KEY --address 10.1.2.3 --login guest', 0, /GitUser other\/guest/],
  // As in a session: the user of the repository's own namespace acts, though the other one might do this.
  ['rewind team/app refs/heads/x --key KEY --address 10.1.2.3', 1, /^denied: .*\n {2}GitUser team\/alice/],
  ['write team/app refs/heads/main --key KEY --address 10.1.2.3', 1, /^denied: .*\n {2}GitUser team\/alice/],
  ['read team/app --key KEY --address 10.1.2.3 --login alice', 0, /^allowed/],
  ['read team/app --key KEY --address 10.1.2.3 --login bob', 1, /^denied: nobody of that name has this key/],
  ['read team/app --key KEY --address 192.0.2.1', 1, /^denied: the key does not hold for 192\.0\.2\.1/],
  ['read team/app --key KEY', 3, /give --address/],
  ['push team/app refs/heads/x --user team/alice', 0, /^allowed\n[^\n]*\n$/],
  ['update ssh://git@git.example.com:2222/team/app.git refs/heads/main --user team/alice', 1, /^denied: updating/],
  ['read git@git.example.com:team/app.git --user team/alice', 0, /^allowed/],
  ['read git@[::1]:/team/app --user team/alice', 0, /^allowed/],
  ['read https://git.example.com/team/app --user team/alice', 2, /a path is made of/],
  // By role alone; a rule may yet refuse.
  [
    'write team/app --user team/alice',
    0,
    /\n {2}by role; rules depend on the ref: name one, such as refs\/heads\/main\n$/,
  ],
  ['create team/app --user team/alice', 0, /^allowed\n[^\n]*\n$/],
  ['read team/app --user team/alice', 0, /^allowed\n[^\n]*\n$/],
  ['read team/app --key PRIVATE', 3, /this is a private key, of which nothing was kept or shown: give its public half/],
  ['read team/app --key MANIFESTS', 3, /could not tell: .*these are several lines/],
  ['read team/app --key nowhere', 3, /could not tell: nowhere: no such file/],
  ['read team/app refs/heads/x --user team/alice', 2, /read is about the whole repository/],
  ['write team/app main --user team/alice', 2, /full name of the ref, e\.g\. refs\/heads\/main/],
];

async function createFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'check-'));
  context.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'manifests'));
  await writeFile(join(folder, 'manifests', 'all.yaml'), manifests);
  await writeFile(join(folder, 'key.pub'), `${line}\n`);
  await writeFile(join(folder, 'key'), '-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n');
  return folder;
}

/** The words of a command line, as `bin/` takes them apart. */
function parseWords(text: string, folder: string): ReturnType<typeof parseQuestion> {
  const files: Readonly<Record<string, string>> = { KEY: 'key.pub', PRIVATE: 'key', MANIFESTS: 'manifests/all.yaml' };
  const positionals: string[] = [];
  const flags = new Map<string, string>();
  const words = text.split(' ');
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!canIFlags.some(({ flag }) => flag === word)) positionals.push(word);
    else flags.set(word, words[++at] ?? '');
  }
  const file = files[flags.get('--key') ?? ''];
  if (file !== undefined) flags.set('--key', join(folder, file));
  return parseQuestion(positionals, flags);
}

for (const [words, code, expected] of questions) {
  test(`can-i ${words}`, async (context) => {
    const folder = await createFolder(context);
    const question = parseWords(words, folder);
    if (!question.ok) {
      assert.equal(code, 2);
      assert.match(question.error.join(), expected);
      return;
    }
    const lines: string[] = [];
    const print = (text: string) => lines.push(text);
    const objects = await readFolder(join(folder, 'manifests'));
    const options = { question: question.value, objects, policy, now: Date.now() };
    assert.equal(await canI({ ...options, print, warn: print }), code);
    assert.match(`${lines.join('\n')}\n`, expected);
  });
}

test('can-i cannot tell when the manifests cannot be read', async (context) => {
  const folder = await createFolder(context);
  const question = parseWords('read team/app --user team/alice', folder);
  assert.ok(question.ok);
  const warnings: string[] = [];
  const warn = (text: string) => warnings.push(text);
  const options = { question: question.value, objects: await readFolder(join(folder, 'none')), policy, now: 0 };
  assert.equal(await canI({ ...options, print: () => assert.fail('an answer'), warn }), 3);
  assert.match(warnings.join(), /cannot be read: no such file or folder$/);
});

/** Runs `check` on files in the folder; paths in its output begin there. */
async function runCheck(folder: string, ...names: readonly string[]) {
  let output = '';
  const print = (text: string) => {
    output += `${text}\n`;
  };
  const code = await check({ paths: names.map((name) => join(folder, name)), policy, now: Date.now(), print });
  return { code, output: output.replaceAll(`${folder}/`, '') };
}

test('check tells of every object in files and folders taken together', async (context) => {
  const folder = await createFolder(context);
  const run = (...names: readonly string[]) => runCheck(folder, ...names);
  const good = await run('manifests');
  assert.equal(good.code, 0);
  assert.match(good.output, /^accepted {2}GitUser team\/alice +manifests\/all\.yaml:1\n/);
  assert.match(good.output, /\n6 accepted, 0 refused\n$/);

  await mkdir(join(folder, 'more'));
  await writeFile(
    join(folder, 'more', 'a.yaml'),
    `${user('alice', '{}')}---\nx: [\n---\napiVersion: v1\nkind: Secret\n`,
  );
  await writeFile(
    join(folder, 'more', 'b.yaml'),
    `${user('bob', '{"displayName": "\\e[2J"}')}---\n${user('git', '{}')}`,
  );
  const bad = await run('manifests/all.yaml', 'more');
  assert.equal(bad.code, 1);
  for (const row of [
    /REFUSED {3}GitUser team\/alice +more\/a\.yaml:1 .*SameName: the same object is at manifests\/all\.yaml:1,/,
    /REFUSED {3}- +more\/a\.yaml:\d .*NotYaml: is not YAML/,
    /ignored {3}v1 Secret +more\/a\.yaml:8 +not of gitingress\.dev\/v1alpha1: passed over/,
    /REFUSED {3}GitUser team\/bob +more\/b\.yaml:4 .*Invalid: spec\.displayName/,
    /REFUSED {3}GitUser team\/git +more\/b\.yaml:8 .*Invalid: .*choose another name/,
    /\nA server takes refused objects out of service until they are repaired, .*\n6 accepted, 4 refused\n$/,
  ]) {
    assert.match(bad.output, row);
  }

  const none = await run('nowhere');
  assert.equal(none.code, 1);
  assert.match(none.output, /REFUSED {3}- {2}nowhere +Unreadable: cannot be read: no such file or folder\n/);
});

test('check counts objects, not their problems', async (context) => {
  const folder = await createFolder(context);
  const bad = user('alice', '\n  grups: []\n  suspended: 1\n  displayName: 2');
  await writeFile(join(folder, 'bad.yaml'), `${bad}---\n${bad}---\n${user('bob', '{}')}`);
  const { output } = await runCheck(folder, 'bad.yaml');
  assert.equal(output.match(/^REFUSED/gm)?.length, 6);
  assert.match(output, /\n1 accepted, 2 refused\n$/);
});

test('check names the line of the field that is at fault', async (context) => {
  const folder = await createFolder(context);
  const key = (name: string, fields: string) =>
    `apiVersion: gitingress.dev/v1alpha1\nkind: SSHKey\nmetadata: {name: ${name}}\nspec:\n${fields}`;
  const text = [
    user('alice', '{}').replace('namespace: team', 'namespace: default'),
    key('broken', '  userRef: {name: alice}\n  publicKey: ssh-ed25519 AAAA\n'),
    key('nobody', `  publicKey: ${line}\n  # Whose?\n  userRef: {name: bob}\n`),
    key('late', `  publicKey: ${line}\n  userRef: {name: alice}\n  expiresAt: 2020-01-01T00:00:00Z\n`),
    key('zweit', `  userRef: {name: alice}\n  access: ReadOnly\n  publicKey: ${line}\n`),
  ].join('---\n');
  await writeFile(join(folder, 'keys.yaml'), text);
  const { output } = await runCheck(folder, 'keys.yaml');
  const lineOf = (needle: string): number => text.slice(0, text.indexOf(needle)).split('\n').length;
  for (const [name, at, reason] of [
    ['broken', lineOf('publicKey: ssh-ed25519 AAAA\n'), 'Invalid'],
    ['nobody', lineOf('userRef: {name: bob}'), 'UserNotFound'],
    ['late', lineOf('expiresAt'), 'Expired'],
    ['zweit', text.split('\n').length - 1, 'Duplicate'],
  ] as const) {
    assert.match(output, new RegExp(`^REFUSED   SSHKey default/${name} +keys\\.yaml:${at} +${reason}: `, 'm'));
  }
});

test('check says where there was nothing to check, and that another reading may hold of a broken file', async (context) => {
  const folder = await createFolder(context);
  await mkdir(join(folder, 'empty'));
  await writeFile(join(folder, 'empty', 'notes.txt'), user('alice', '{}'));
  await writeFile(join(folder, 'empty', '.hidden.yaml'), user('alice', '{}'));
  const empty = await runCheck(folder, 'manifests', 'empty');
  assert.equal(empty.code, 0);
  assert.match(
    empty.output,
    /^empty +- +empty +there are no manifests in it: files that end in \.yaml, \.yml or \.json/m,
  );
  await writeFile(join(folder, 'broken.yaml'), 'a: [\n');
  const broken = await runCheck(folder, 'broken.yaml');
  assert.match(
    broken.output,
    /until that is repaired, its other documents hold, or what a running server last read of it/,
  );
  assert.match(broken.output, /\n0 accepted, 1 refused\n$/);
  assert.doesNotMatch(broken.output, /out of service/);
});

/** What a cluster would have of a folder, each object older than the next. */
async function storeObjects(folder: string): Promise<StoredObjects> {
  const found = await readFolder(folder);
  assert.ok(found.ok);
  const resources = found.value.resources.map((resource, at) => {
    const { kind, metadata } = resource;
    return { ...resource, metadata: { ...metadata, uid: `${kind} ${at}`, createdAt: 1_000 + at } };
  });
  return { resources, invalid: [] };
}

test('check of a cluster says of each object what check of the same manifests says', async (context) => {
  const folder = await createFolder(context);
  const [, key = ''] = manifests.split('---\n').filter((document) => document.includes('kind: SSHKey'));
  const more = [key.replace('same-key', 'twice'), key.replace('same-key', 'lost').replace('guest', 'nobody')];
  await writeFile(join(folder, 'manifests', 'more.yaml'), more.join('---\n'));
  const stored = await storeObjects(join(folder, 'manifests'));
  const metadata = { namespace: 'team', name: 'old', uid: 'u' };
  const finding = { reason: 'Invalid', message: 'spec.publicKey: is missing' } as const;
  const cluster = { ...stored, invalid: [{ kind: 'SSHKey', metadata, finding } as const] };
  const lines: string[] = [];
  const code = await check({ paths: [], cluster, policy, now: 0, print: (text) => lines.push(text) });
  assert.equal(code, 1);
  const fromFiles = (await runCheck(folder, 'manifests')).output.split('\n');
  const [objects, ends] = [lines.slice(0, -2), lines.slice(-2)];
  const withoutPlaces = (rows: readonly string[]) =>
    rows.map((row) => row.replace(/ +manifests\/\S+/, '').replaceAll(/ +/g, ' ')).sort();
  assert.deepEqual(
    withoutPlaces(objects.filter((row) => !row.includes('team/old'))),
    withoutPlaces(fromFiles.filter((row) => /^(accepted|REFUSED)/.test(row))),
  );
  assert.ok(objects.some((row) => /^REFUSED {3}SSHKey team\/old +Invalid: spec\.publicKey: is missing$/.test(row)));
  assert.equal(ends.at(-1), '6 accepted, 3 refused');
});

test('check judges files as if they were applied to the cluster, and tells of them alone', async (context) => {
  const folder = await createFolder(context);
  const cluster = await storeObjects(join(folder, 'manifests'));
  const object = (kind: string, namespace: string, name: string, spec: string) =>
    `apiVersion: gitingress.dev/v1alpha1\nkind: ${kind}\nmetadata: {namespace: ${namespace}, name: ${name}}\nspec: ${spec}\n`;
  const text = [
    // Its user is in the cluster alone.
    object('SSHKey', 'team', 'desktop', `{publicKey: ${line.replace('IGdpdC', 'IGdpdD')}, userRef: {name: alice}}`),
    // It would win by its name, were it as old as the other one.
    object('SSHKey', 'team', 'again', `{publicKey: ${line}, userRef: {name: alice}}`),
    object('SSHKey', 'other', 'same-key', `{publicKey: ${line}, userRef: {name: nobody}}`),
    object('Repository', 'other', 'app', '{path: team/app}'),
  ].join('---\n');
  await writeFile(join(folder, 'new.yaml'), text);
  const lines: string[] = [];
  const paths = [join(folder, 'new.yaml')];
  const print = (row: string) => lines.push(row.replaceAll(`${folder}/`, ''));
  const code = await check({ paths, cluster, policy: { ...policy, pathPrefixes: {} }, now: 0, print });
  assert.equal(code, 1);
  const rows = lines.join('\n');
  assert.match(rows, /^accepted {2}SSHKey team\/desktop +new\.yaml:1$/m);
  assert.match(rows, /^REFUSED {3}SSHKey team\/again +new\.yaml:\d+ +Duplicate: .* SSHKey team\/laptop/m);
  assert.match(rows, /^REFUSED {3}SSHKey other\/same-key +new\.yaml:\d+ +UserNotFound: /m);
  assert.match(rows, /^REFUSED {3}Repository other\/app +new\.yaml:\d+ +PathNotPermitted: /m);
  assert.match(rows, /\n1 accepted, 3 refused$/);
});

test('check does not let a manifest write to the terminal', async (context) => {
  const folder = await createFolder(context);
  const lines: string[] = [];
  const text = user('x', '{"a\\e[2J": 1}');
  await writeFile(join(folder, 'bad.yaml'), text);
  await check({ paths: [join(folder, 'bad.yaml')], policy, now: 0, print: (row) => lines.push(row) });
  assert.match(lines[0] ?? '', /spec\.a\?\[2J: unknown field/);
});
