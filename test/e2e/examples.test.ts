import assert from 'node:assert/strict';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createClient, makeKey } from '../harness/client.ts';
import { manifest, sshKey } from '../harness/manifest.ts';
import { run } from '../harness/run.ts';
import { executable, makeHome, startStandalone } from '../harness/standalone.ts';
import { makeWorkTree } from '../harness/work-tree.ts';

const examples = fileURLToPath(new URL('../../examples/standalone', import.meta.url));

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
