import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { prepare } from './branches.ts';
import { buildSignedPush, pushBytes, zero } from './raw-push.ts';

const signatures = ['PGP SIGNATURE', 'SIGNED MESSAGE', 'SSH SIGNATURE'].map(
  (kind) => `-----BEGIN ${kind}-----\nc2lnbmVk\n-----END ${kind}-----`,
);

/**
 * A git that finds programs of ours first, which leave their name in `marks` when they are started. `unprotected`: it is
 * not told which programs check signatures.
 */
async function makeGit(context: TestContext, unprotected: boolean) {
  const folder = await mkdtemp(join(tmpdir(), 'signed-'));
  context.after(() => rm(folder, { recursive: true }));
  const script = async (name: string, body: string): Promise<void> => {
    await writeFile(join(folder, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(folder, name), 0o755);
  };
  for (const name of ['gpg', 'gpgsm', 'ssh-keygen']) await script(name, `: >'${folder}/started-${name}'; exit 1`);
  const forget = 'for word do shift; case $word in gpg.*) word=test.none=1 ;; esac; set -- "$@" "$word"; done';
  await script('stand-in', `${unprotected ? forget : ''}\nPATH='${folder}':"$PATH" exec git "$@"`);
  const marks = async (): Promise<readonly string[]> =>
    (await readdir(folder)).filter((name) => name.startsWith('started-')).toSorted();
  return { git: join(folder, 'stand-in'), marks };
}

for (const [name, unprotected, expected] of [
  ['starts nothing', false, []],
  ['would start programs on what a stranger sent, were git not told otherwise', true, ['started-gpg', 'started-gpgsm']],
] as const)
  test(`a signed push is refused, and ${name}`, async (context) => {
    const { git, marks } = await makeGit(context, unprotected);
    const world = await prepare(context, { git });
    const before = await world.refs();
    for (const signature of signatures) {
      const change = `${zero} ${world.commits[0]} refs/heads/signed`;
      const { session, said } = await pushBytes(world, 'maintainer', buildSignedPush([change], signature));
      await session.ended;
      assert.match(said(), /signed pushes are not taken; nothing of this push was kept$/m);
      assert.match(said(), /ng refs\/heads\/signed pre-receive hook declined/);
      assert.equal(session.push, undefined);
    }
    assert.equal(await world.refs(), before);
    assert.deepEqual(await marks(), expected);
  });
