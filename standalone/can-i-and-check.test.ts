import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { canI } from './can-i.ts';
import { canIFlags, parseQuestion } from './can-i-question.ts';
import { check } from './check.ts';

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
  return folder;
}

/** The words of a command line, as `bin/` takes them apart. */
function parseWords(text: string, folder: string): ReturnType<typeof parseQuestion> {
  const files: Readonly<Record<string, string>> = { KEY: 'key.pub', MANIFESTS: 'manifests/all.yaml' };
  const positionals: string[] = [];
  const flags = new Map<string, string>();
  const words = text.split(' ');
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!(canIFlags as readonly string[]).includes(word)) positionals.push(word);
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
    const options = { question: question.value, manifests: join(folder, 'manifests'), policy, now: Date.now() };
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
  const options = { question: question.value, manifests: join(folder, 'none'), policy, now: 0 };
  assert.equal(await canI({ ...options, print: () => assert.fail('an answer'), warn }), 3);
  assert.match(warnings.join(), /cannot be read: no such file or folder$/);
});

test('check tells of every object in files and folders taken together', async (context) => {
  const folder = await createFolder(context);
  const run = async (...names: readonly string[]) => {
    let output = '';
    const print = (text: string) => {
      output += `${text}\n`;
    };
    const code = await check({ paths: names.map((name) => join(folder, name)), policy, now: Date.now(), print });
    return { code, output: output.replaceAll(`${folder}/`, '') };
  };
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
    /REFUSED {2}GitUser team\/alice +more\/a\.yaml:1 .*SameName: the same object is at manifests\/all\.yaml:1,/,
    /REFUSED {2}- +more\/a\.yaml:\d .*NotYaml: is not YAML/,
    /ignored {3}v1 Secret +more\/a\.yaml:8/,
    /REFUSED {2}GitUser team\/bob +more\/b\.yaml:4 .*Invalid: spec\.displayName/,
    /REFUSED {2}GitUser team\/git +more\/b\.yaml:6 .*Invalid: .*choose another name/,
    /\n6 accepted, 4 refused\n$/,
  ]) {
    assert.match(bad.output, row);
  }

  const none = await run('nowhere');
  assert.equal(none.code, 1);
  assert.match(none.output, /REFUSED {2}- {2}nowhere +Unreadable: cannot be read: no such file or folder\n/);
});

test('check does not let a manifest write to the terminal', async (context) => {
  const folder = await createFolder(context);
  const lines: string[] = [];
  const text = user('x', '{"a\\e[2J": 1}');
  await writeFile(join(folder, 'bad.yaml'), text);
  await check({ paths: [join(folder, 'bad.yaml')], policy, now: 0, print: (row) => lines.push(row) });
  assert.match(lines[0] ?? '', /spec\.a\\x1b\[2J: unknown field/);
});
