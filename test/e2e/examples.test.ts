import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createClient, makeKey } from '../harness/client.ts';
import { manifest, sshKey } from '../harness/manifest.ts';
import { run } from '../harness/run.ts';
import { executable, makeHome, startStandalone } from '../harness/standalone.ts';
import { makeWorkTree } from '../harness/work-tree.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const examples = join(root, 'examples/standalone');
const keysToManifests = join(root, 'examples/moving/keys-to-manifests');
const unit = readFileSync(join(root, 'examples/git-ingress.service'), 'utf8');

/** Without what `make run` adds to it. */
const files = readdirSync(examples).filter((name) => name !== 'demo-key.yaml');

test('the examples are clean', async () => {
  const { status, stdout } = await run(executable, ['check', ...files.map((name) => join(examples, name))]);
  assert.equal(status, 0, stdout);
  assert.doesNotMatch(stdout, /REFUSED|ignored/);
  assert.match(stdout, /[1-9]\d* accepted, 0 refused\n$/);
});

test('the examples do what they say', async (context) => {
  const home = makeHome();
  for (const name of files) cpSync(join(examples, name), join(home, 'manifests', name));
  const people = ['demo', 'alice', 'bob'] as const;
  const keys = await Promise.all(people.map((name) => makeKey(home, name)));
  const server = await startStandalone(context, {
    home,
    manifests: Object.fromEntries(
      people.map((name, index) => [
        `key-of-${name}.yaml`,
        manifest(sshKey(name, { publicKey: keys[index]?.publicKey, userRef: { name } }, 'demo')),
      ]),
    ),
  });
  const [demo, alice, bob] = keys.map((key) => createClient(server, key));
  assert.ok(demo && alice && bob);
  const tree = await makeWorkTree(home);
  await tree.commit();
  const push = async (client: typeof demo, path: string, ...refspecs: readonly string[]): Promise<string> => {
    const { status, stderr } = await client.git(tree.folder, ['push', '--force', client.url(path), ...refspecs]);
    return status === 0 ? (/remote: (warning)/.exec(stderr)?.[1] ?? 'done') : 'refused';
  };
  assert.equal(await push(demo, 'demo/hello.git', 'main'), 'done');
  assert.equal(await push(bob, 'demo/hello.git', 'main:by-bob'), 'refused');
  assert.equal((await bob.git(home, ['ls-remote', bob.url('demo/hello.git')])).status, 0);
  assert.match((await demo.ssh([])).stdout, /^Hello Demo \(demo\/demo\)/);

  assert.equal(await push(demo, 'demo/website', 'main', 'main:old'), 'done');
  assert.equal(await push(demo, 'demo/website', 'main:release/1'), 'refused');
  assert.equal(await push(alice, 'demo/website', 'main:release/1', 'main:refs/tags/v1'), 'done');
  assert.equal(await push(alice, 'demo/website', ':refs/tags/v1'), 'refused');
  assert.equal(await push(demo, 'demo/website', ':old'), 'warning');
  await tree.git('commit', '--quiet', '--amend', '--message', 'Rewritten');
  assert.equal(await push(demo, 'demo/website', 'main'), 'refused');
});

test('the keys of sshd and gitolite become manifests, and open what they opened', async (context) => {
  const home = makeHome();
  const names = ['alice', 'alice-2', 'carol', 'dan', 'john'] as const;
  const keys = await Promise.all(names.map((name) => makeKey(home, name)));
  const [alice, alice2, carol, dan, john] = keys.map(({ publicKey }) => publicKey.split(' ', 2).join(' '));
  const authorizedKeys = join(home, 'authorized_keys');
  const gitolite = 'command="/usr/share/gitolite3/gitolite-shell carol",no-port-forwarding,no-X11-forwarding,no-pty';
  writeFileSync(
    authorizedKeys,
    `# everybody\n${alice} alice@laptop\n${alice2} alice@work\n${gitolite} ${carol}\nfrom="10.0.0.0/8" ${dan} dan@x\n`,
  );
  mkdirSync(join(home, 'keydir'));
  const inKeydir = join(home, 'keydir', 'John_Doe@home.pub');
  writeFileSync(inKeydir, `${john}\r\n`);

  const { status, stdout, stderr } = await run(keysToManifests, ['team', authorizedKeys, inKeydir]);
  assert.equal(status, 1, 'for what is left out');
  assert.match(stderr, /authorized_keys:5: left out: its options have to be translated by hand: from="10.0.0.0\/8"/);
  assert.match(stderr, /John_Doe@home\.pub:1: John_Doe becomes john-doe/);
  const server = await startStandalone(context, { home, manifests: { 'people.yaml': stdout } });
  const checked = await run(executable, ['check', server.manifests]);
  assert.match(checked.stdout, /7 accepted, 0 refused\n$/);
  const greetings = keys.map(async (key) => {
    const { stdout, stderr } = await createClient(server, key).ssh(['-T']);
    return stdout === '' ? stderr.trim() : stdout.split(',')[0];
  });
  const hello = (name: string): string => `Hello team/${name}`;
  assert.deepEqual(await Promise.all(greetings), [
    hello('alice'),
    hello('alice'),
    hello('carol'),
    'git@127.0.0.1: Permission denied (publickey).',
    hello('john-doe'),
  ]);
});

test('two people are never taken for one because their names look alike here', async () => {
  const home = makeHome();
  const keys = await Promise.all(['one', 'two'].map((name) => makeKey(home, name)));
  const [one, two] = keys.map(({ publicKey }) => publicKey.split(' ', 2).join(' '));
  const file = join(home, 'authorized_keys');
  writeFileSync(file, `${one} j.doe@a\n${two} J_Doe@b\n${two} J.Doe@b\n`);
  const { status, stdout, stderr } = await run(keysToManifests, ['team', file]);
  assert.equal(status, 1);
  assert.match(stderr, /:3: left out: "J\.Doe" and "j\.doe" would both be j\.doe/);
  assert.equal(stdout.match(/kind: GitUser/g)?.length, 2);
});

test('git-ingress starts with the settings of the systemd unit, and as systemd reads it', async (context) => {
  const home = makeHome();
  const variables = [...unit.matchAll(/^Environment=(GIT_INGRESS_\w+)=(.*)$/gm)].map(([, name, value]) => [
    name,
    value,
  ]);
  const places: Readonly<Record<string, string>> = {
    '/etc/git-ingress/manifests': join(home, 'manifests'),
    '/var/lib/git-ingress': join(home, 'data'),
  };
  const env = Object.fromEntries(variables.map(([name, value = '']) => [name, places[value] ?? value]));
  assert.deepEqual(Object.keys(env).sort(), ['GIT_INGRESS_DATA', 'GIT_INGRESS_MANIFESTS', 'GIT_INGRESS_SSH_LISTEN']);
  const server = await startStandalone(context, { home, env, manifests: {} });
  assert.equal((await server.get('/readyz')).status, 200);
  assert.equal(await server.stop(), 0);

  const file = join(home, 'git-ingress.service');
  // The checkout may lie where no unit could name it, below a folder with a blank in its name.
  symlinkSync(root, join(home, 'tree'));
  writeFileSync(file, unit.replaceAll('/opt/git-ingress/', `${home}/tree/`));
  const verified = await run('systemd-analyze', ['verify', file]).catch(() => undefined);
  if (verified === undefined) context.diagnostic('systemd-analyze is not here: the unit was not verified');
  else assert.deepEqual([verified.status, verified.stderr], [0, '']);
});
