import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import ssh2 from 'ssh2';
import { encodeString } from '../../core/ssh/wire.ts';
import { startAgent } from '../harness/agent.ts';
import { type Client, createClient, type Key, makeKey, sshOptionList } from '../harness/client.ts';
import { gitUser, grant, manifest, repository, sshKey } from '../harness/manifest.ts';
import { must, run } from '../harness/run.ts';
import { executable, type LogLine } from '../harness/standalone.ts';
import { until } from '../harness/wait.ts';
import { makeWorkTree } from '../harness/work-tree.ts';
import { startWorld } from '../harness/world.ts';

const world = await startWorld(
  { after },
  {
    users: { alice: {}, bob: {} },
    repositories: { app: { access: [grant('Maintain', 'alice')] }, secret: { access: [grant('Read', 'bob')] } },
  },
);
const { server, home } = world;
const alice = world.client('alice');
const tree = await makeWorkTree(home);
const head = await tree.commit();
await alice.mustGit(tree.folder, ['push', '--quiet', alice.url('team/app'), 'main']);

afterEach(async () => {
  const { stdout } = await alice.mustGit(home, ['ls-remote', alice.url('team/app'), 'HEAD']);
  assert.equal(stdout, `${head}\tHEAD\n`, 'the server is unharmed');
});

/** Something that must be audited and counted once. */
async function refusal(action: () => Promise<unknown>, msg: string, metric: string, labels: string): Promise<LogLine> {
  const lines = server.audit().length;
  const count = await server.metric(metric, labels);
  await action();
  const line = await until(`audit line: ${msg}`, () =>
    server
      .audit()
      .slice(lines)
      .find((each) => each.msg === msg),
  );
  assert.equal(await server.metric(metric, labels), count + 1, `${metric} ${labels}`);
  return line;
}

/** None where a manifest is not in force yet, and the client was let in. */
const offeredOf = (line: LogLine): readonly string[] =>
  ((line.offered ?? []) as readonly { outcome: string }[]).map(({ outcome }) => outcome);

/** ssh with an agent of ours, which holds these keys. */
async function withAgent(
  name: string,
  keys: readonly Key[],
  signer: Parameters<typeof startAgent>[2]['sign'],
): Promise<Client> {
  const socket = join(home, name);
  await startAgent({ after }, socket, { publicKeys: keys.map(({ publicKey }) => publicKey), sign: signer });
  return world.client('alice', sshOptionList(`IdentityAgent=${socket}`, 'IdentitiesOnly=no', 'IdentityFile=none'));
}

const stranger = await makeKey(home, 'stranger');

async function assertPermissionDenied(client: Client): Promise<void> {
  const { status, stderr, stdout } = await client.ssh([]);
  assert.deepEqual([status, stdout], [255, '']);
  assert.match(stderr, /Permission denied \(publickey\)/);
}

const signatureBlob = (signature: Buffer): Buffer =>
  Buffer.concat([encodeString('ssh-ed25519'), encodeString(signature)]);

/** A key that an agent of ours can sign with. */
const own = generateKeyPairSync('ed25519');
const ownBlob = [
  encodeString('ssh-ed25519'),
  encodeString(Buffer.from(own.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')),
];
const ownKey: Key = { file: 'none', publicKey: `ssh-ed25519 ${Buffer.concat(ownBlob).toString('base64')}` };
const signWithOwn = (data: Buffer): Buffer => signatureBlob(sign(null, data, own.privateKey));

test('an unknown key is refused, and nobody is named', async () => {
  const rejected = await server.metric('git_ingress_login_failures_total', 'reason="Rejected"');
  const line = await refusal(
    () => assertPermissionDenied(createClient(server, stranger)),
    ...(['login failed', 'git_ingress_keys_refused_total', 'reason="UnknownKey"'] as const),
  );
  assert.deepEqual([line.reason, line.loginName, offeredOf(line)], ['Rejected', 'git', ['UnknownKey']]);
  assert.ok(!JSON.stringify(line.offered).includes('team/'));
  assert.equal(await server.metric('git_ingress_login_failures_total', 'reason="Rejected"'), rejected + 1);
});

const refusedKeys: readonly [outcome: string, user: string, suspended: boolean, spec: object][] = [
  ['Suspended', 'git', true, {}],
  ['Expired', 'git', false, { expiresAt: '2020-01-01T00:00:00Z' }],
  ['SourceAddress', 'git', false, { sourceRanges: ['192.0.2.0/24'] }],
  ['WrongLoginName', 'root', false, {}],
];

for (const [outcome, user, suspended, spec] of refusedKeys) {
  test(`why somebody does not get in is told with their name: ${outcome}`, async () => {
    const { publicKey: theirs } = world.key('bob');
    const known = { publicKey: theirs, userRef: { name: 'carol' }, ...spec };
    // In one file, and so at once: nobody ever sees the key with two owners.
    server.write('keys/bob.yaml', manifest(gitUser('carol', { suspended }), sshKey('laptop', known)));
    // Whose key it is, too: bob's would be refused for the wrong login name as well.
    const tells = (line: LogLine): boolean =>
      offeredOf(line).includes(outcome) && JSON.stringify(line.offered).includes('team/laptop');
    const lines = server.audit().length;
    const line = await until('the reason', async () => {
      await world.client('bob').ssh([], { user });
      return server.audit().slice(lines).find(tells);
    });
    assert.deepEqual([line.msg, line.reason, line.loginName], ['login failed', 'Rejected', user]);
    const [{ key: objects, who } = {}] = line.offered as readonly { key?: unknown; who?: unknown }[];
    assert.deepEqual([objects, who], [['team/laptop'], ['GitUser team/carol']]);
    server.write('keys/bob.yaml', manifest(sshKey('bob', { publicKey: theirs, userRef: { name: 'bob' } })));
    await until('they get in again', async () => (await world.client('bob').ssh([])).status !== 255);
  });
}

const forgeries: Readonly<Record<string, (data: Buffer) => Buffer>> = {
  'a meaningless signature': () => signatureBlob(Buffer.alloc(64, 7)),
  'the signature of another key': signWithOwn,
  'an empty signature': () => signatureBlob(Buffer.alloc(0)),
};

for (const [name, forge] of Object.entries(forgeries)) {
  test(`the right key with ${name} is refused`, async () => {
    const client = await withAgent(name.replaceAll(' ', '-'), [world.key('alice')], (_, data) => forge(data));
    const line = await refusal(
      () => assertPermissionDenied(client),
      ...(['signature refused', 'git_ingress_keys_refused_total', 'reason="BadSignature"'] as const),
    );
    assert.deepEqual([line.loginName, line.outcome, line.who], ['git', 'BadSignature', ['GitUser team/alice']]);
  });
}

test('a key that was only offered lets nobody in', async () => {
  const client = await withAgent('unwilling', [world.key('alice'), stranger], () => undefined);
  const line = await refusal(
    () => assertPermissionDenied(client),
    ...(['login failed', 'git_ingress_login_failures_total', ''] as const),
  );
  assert.deepEqual([line.reason, offeredOf(line)], ['Rejected', ['Offered', 'UnknownKey']]);
});

test('whoever offers one key and signs with another is who signed', async () => {
  server.write('keys/own.yaml', manifest(sshKey('own', { publicKey: ownKey.publicKey, userRef: { name: 'bob' } })));
  const client = await withAgent('changing', [world.key('alice'), ownKey], (line, data) =>
    line === ownKey.publicKey ? signWithOwn(data) : undefined,
  );
  const { stdout } = await until('the login', async () => {
    const outcome = await client.ssh([]);
    return outcome.status === 0 && outcome;
  });
  assert.match(stdout, /^Hello team\/bob, you logged in with SSHKey team\/own /);
  assert.match(stdout, /You can reach:\n {2}read {2}team\/secret\n$/);
});

test('forbidden and absent repositories get the same answer', async () => {
  const ask = async (path: string, reason: string): Promise<string> => {
    let said = '';
    await refusal(
      async () => {
        const { status, stdout, stderr } = await alice.ssh([`git-upload-pack '${path}'`]);
        assert.deepEqual([status, stdout], [1, '']);
        said = stderr.replace(path, 'PATH');
      },
      ...(['session refused', 'git_ingress_session_refusals_total', `reason="${reason}"`] as const),
    );
    return said;
  };
  const forbidden = await ask('team/secret', 'NoGrant');
  assert.equal(forbidden, 'git-ingress: repository "PATH" does not exist, or you have no access to it\n');
  assert.equal(await ask('team/nothing', 'NotFound'), forbidden);
});

type BadCommand = readonly [command: string, reason: string, status: number, told: RegExp];

const badCommands: readonly BadCommand[] = [
  ['ls', 'UnsupportedCommand', 128, /ls is not available; this server runs git-upload-pack/],
  ['bash -i', 'UnsupportedCommand', 128, /bash is not available/],
  ['scp -t /', 'UnsupportedCommand', 128, /scp is not available/],
  ['git-shell', 'UnsupportedCommand', 128, /git-shell is not available/],
  ['git', 'UnsupportedCommand', 128, /git is not available/],
  ["git config --global core.pager 'x'", 'UnsupportedCommand', 128, /git-config is not available/],
  ["git-lfs-authenticate 'team/app' download", 'UnsupportedCommand', 127, /LFS is not served over SSH/],
  ["git-lfs-transfer 'team/app' upload", 'UnsupportedCommand', 127, /LFS is not served over SSH/],
  ["git-upload-pack 'team/app'; id", 'MalformedCommand', 128, /several commands are not supported/],
  ["git-upload-pack 'team/app' && id", 'MalformedCommand', 128, /several commands are not supported/],
  ['git-upload-pack $(id)', 'MalformedCommand', 128, /expansion/],
  ['git-upload-pack "team/`id`"', 'MalformedCommand', 128, /expansion/],
  ["git-upload-pack 'team/app'\nid", 'MalformedCommand', 128, /newline/],
  ["git-upload-pack 'team/app", 'MalformedCommand', 128, /never closed/],
  ['git-upload-pack "team/app', 'MalformedCommand', 128, /never closed/],
  ["git-upload-pack --upload-pack=id 'team/app'", 'MalformedCommand', 128, /takes no options/],
  ["git-upload-pack '--timeout=1' 'team/app'", 'MalformedCommand', 128, /takes no options/],
  ['git-upload-pack', 'MalformedCommand', 128, /needs the path/],
  ["git-upload-pack 'team/app' 'team/secret'", 'MalformedCommand', 128, /takes one path/],
  ["git-upload-pack '../../etc'", 'BadPath', 128, /no "\." and no "\.\."/],
  ["git-upload-pack 'team/../team/app'", 'BadPath', 128, /no "\." and no "\.\."/],
  ["git-upload-pack '~/app'", 'BadPath', 128, /home directories \(~\)/],
  ["git-upload-pack '/~alice/app'", 'BadPath', 128, /home directories \(~\)/],
  ["git-upload-pack ''", 'BadPath', 128, /path of the repository is missing/],
  ["git-upload-pack 'team/app/.git/config'", 'BadPath', 128, /begins with/],
  [`git-upload-pack '${'a'.repeat(300)}'`, 'BadPath', 128, /at most 255 bytes/],
  [`git-upload-pack '${'a'.repeat(5_000)}'`, 'MalformedCommand', 128, /too long/],
  ['git-upload-pack \u202eteam', 'BadPath', 128, /ASCII/],
];

for (const [command, reason, expected, told] of badCommands) {
  test(`refused: ${JSON.stringify(command.slice(0, 60))}`, async () => {
    const line = await refusal(
      async () => {
        const { status, stdout, stderr } = await alice.ssh([command]);
        assert.deepEqual([status, stdout], [expected, '']);
        assert.match(stderr, told);
        assert.match(stderr, /^git-ingress: [\x20-\x7e]+\n$/);
      },
      ...(['session refused', 'git_ingress_session_refusals_total', `reason="${reason}"`] as const),
    );
    assert.equal(line.reason, reason);
    assert.match(String(line.command), /^[\x20-\x7e]{1,1024}$/);
  });
}

test('refused: a command with NUL in it', async () => {
  const line = await refusal(
    // No program takes NUL as an argument: this client sends what it is given.
    () =>
      new Promise<void>((resolve, reject) => {
        const client = new ssh2.Client();
        client.on('error', reject).on('ready', () => {
          client.exec("git-upload-pack 'team/app\0'", (error, channel) => {
            if (error) reject(error);
            else channel.resume().on('close', (status: number) => resolve(assert.equal(status, 128)));
            channel.on('close', () => client.end());
          });
        });
        const privateKeyOfAlice = readFileSync(world.key('alice').file);
        client.connect({ host: '127.0.0.1', port: server.port, username: 'git', privateKey: privateKeyOfAlice });
      }),
    ...(['session refused', 'git_ingress_session_refusals_total', 'reason="MalformedCommand"'] as const),
  );
  assert.equal(line.command, "git-upload-pack 'team/app?'");
});

test('what git itself refuses is not kept', async () => {
  const bad = await makeWorkTree(home);
  const blob = (await bad.git('hash-object', '-w', '--stdin')).stdout.trim();
  const { stdout } = await must('git', ['-C', bad.folder, 'mktree', '--missing'], {
    input: `100644 blob ${blob}\t.git\n`,
  });
  const commit = (await bad.git('commit-tree', '-m', 'Bad', stdout.trim())).stdout.trim();
  const outcome = await alice.git(bad.folder, ['push', alice.url('team/app'), `${commit}:refs/heads/bad`]);
  assert.notEqual(outcome.status, 0);
  assert.match(outcome.stderr, /hasDotgit/);
  const store = await makeWorkTree(home, world.store('app'));
  await assert.rejects(store.git('cat-file', '-e', commit));
});

type BadManifest = {
  readonly name: string;
  readonly text: string;
  readonly kind: string;
  readonly object?: string;
  readonly told: RegExp;
};

const key = (spec: object, name = 'bad', namespace = 'team'): string => manifest(sshKey(name, spec, namespace));
const privateKey = readFileSync(stranger.file, 'utf8');

const badManifests: readonly BadManifest[] = [
  { name: 'malformed YAML', text: 'kind: [GitUser\n', kind: 'NotYaml', told: /./ },
  {
    name: 'an unknown field',
    text: manifest(gitUser('bad', { emial: 'a@example.com' })),
    kind: 'Invalid',
    object: 'GitUser team/bad',
    told: /spec\.emial: unknown field; did you mean email\?/,
  },
  {
    name: 'a private key',
    text: key({ publicKey: privateKey, userRef: { name: 'alice' } }),
    kind: 'Invalid|NotAccepted',
    object: 'SSHKey team/bad',
    told: /private key/i,
  },
  {
    name: 'a weak key',
    text: key({
      publicKey: (await makeKey(home, 'weak', ['rsa', '-b', '1024'])).publicKey,
      userRef: { name: 'alice' },
    }),
    kind: 'NotAccepted',
    object: 'SSHKey team/bad',
    told: /1024.*2048/,
  },
  {
    name: 'two objects with one name',
    text: manifest(gitUser('alice', { displayName: 'Mallory' })),
    kind: 'SameName',
    object: 'GitUser team/alice',
    told: /the same object is at .*alice\.yaml:1.*rename or remove/,
  },
  {
    name: 'a key that is listed twice',
    text: key({ publicKey: world.key('alice').publicKey, userRef: { name: 'alice' } }),
    kind: 'NotAccepted',
    object: 'SSHKey team/bad',
    told: /Duplicate.*team\/alice/,
  },
  {
    name: 'a key of nobody',
    text: key({ publicKey: stranger.publicKey, userRef: { name: 'nobody' } }),
    kind: 'NotAccepted',
    object: 'SSHKey team/bad',
    told: /UserNotFound.*nobody/,
  },
  {
    name: 'a path that is taken',
    text: manifest(repository('bad', { path: 'team/app' })),
    kind: 'NotAccepted',
    object: 'Repository team/bad',
    told: /PathTaken.*team\/app/,
  },
];

for (const { name, text, kind, object, told } of badManifests) {
  test(`a manifest with ${name} takes nothing else down`, async () => {
    const file = 'zz-bad.yaml';
    const total = await server.metric('git_ingress_manifest_problems_total');
    const logged = server.log.length;
    server.write(file, text);
    const { problem } = await until('the problem', () =>
      server.log.slice(logged).find(({ msg }) => msg === 'problem in the manifests'),
    );
    const found = problem as { kind: string; file: string; line?: number; object?: string; message: string };
    assert.match(found.kind, new RegExp(`^(${kind})$`));
    assert.equal(found.object, object);
    assert.equal(found.file, join(server.manifests, file));
    assert.ok((found.line ?? 0) >= 1);
    assert.match(found.message, told);
    assert.ok(!JSON.stringify(server.log).includes(privateKey.split('\n')[2] ?? ''), 'no key material in the log');
    assert.equal(await server.metric('git_ingress_manifest_problems_total'), total + 1);

    const checked = await run(executable, ['check', server.manifests]);
    assert.equal(checked.status, 1);
    assert.match(checked.stdout, new RegExp(`REFUSED.*${file}:\\d+`));
    assert.match(checked.stdout, / 1 refused\n$/);
    assert.match(
      (await alice.ssh([])).stdout,
      /^Hello team\/alice, .*\n\nYou can reach:\n {2}maintain {2}team\/app\n$/s,
    );

    server.remove(file);
    await until('the end of it', async () => (await server.metric('git_ingress_manifest_problems')) === 0);
    assert.equal((await run(executable, ['check', server.manifests])).status, 0);
  });
}

test("a namespace that lists another's key gains nothing, and takes nothing away", async () => {
  const theirs = world.key('alice').publicKey;
  server.write(
    'mallory.yaml',
    manifest(
      gitUser('alice', {}, 'mallory'),
      sshKey('alice', { publicKey: theirs, userRef: { name: 'alice' } }, 'mallory'),
      repository('trap', { access: [{ role: 'Write', subjects: [{ kind: 'User', name: 'alice' }] }] }, 'mallory'),
    ),
  );
  await until('both are known', async () => /mallory/.test((await alice.ssh([])).stdout));
  const { stdout } = await alice.ssh([]);
  assert.match(stdout, /Hello team\/alice/);
  assert.match(stdout, /maintain {2}team\/app/);
  const pushed = await alice.mustGit(tree.folder, ['push', '--porcelain', alice.url('team/app'), 'main:by-alice']);
  assert.match(pushed.stdout, /\[new branch\]/);
  const line = await server.logged('the push', ({ push }) => JSON.stringify(push ?? '').includes('by-alice'));
  assert.equal(line.who, 'GitUser team/alice');

  // Mallory's own key opens mallory's repositories alone.
  const own = await makeKey(home, 'mallory');
  server.write('mallory-key.yaml', key({ publicKey: own.publicKey, userRef: { name: 'alice' } }, 'own', 'mallory'));
  const mallory = createClient(server, own);
  await until('the login', async () => (await mallory.ssh([])).status === 0);
  assert.match((await mallory.ssh([])).stdout, /You can reach:\n {2}write {2}mallory\/trap\n$/);
  assert.equal((await mallory.git(home, ['ls-remote', mallory.url('team/app')])).status, 128);
});
