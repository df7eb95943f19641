import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { StartupError } from '../runtime/startup-error.ts';
import { openDataFolder, removeStaleLinkKeys } from './data-folder.ts';
import { openHostKeys } from './host-keys.ts';

async function createFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'data-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

const refused = (expected: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StartupError);
  assert.equal(error.exitCode, 2);
  assert.match(error.message, expected);
  return true;
};

test('the data folder is made for its owner alone', async (context) => {
  const path = join(await createFolder(context), 'a', 'data');
  const data = await openDataFolder(path);
  assert.equal((await stat(path)).mode & 0o777, 0o700);
  assert.equal((await stat(data.hostKeys)).mode & 0o777, 0o700);
  assert.deepEqual(await openDataFolder(path), data);
});

test('a data folder that cannot be written to, or that everybody can write to, is refused', async (context) => {
  const folder = await createFolder(context);
  await writeFile(join(folder, 'file'), '');
  await assert.rejects(openDataFolder(join(folder, 'file')), refused(/it is not writable: something else is there/));
  await assert.rejects(openDataFolder('/proc/data'), refused(/it is not writable/));
  await symlink('nowhere', join(folder, 'link'));
  await assert.rejects(openDataFolder(join(folder, 'link', 'data')), refused(/it is not writable: no such file/));
  await chmod(folder, 0o777);
  await assert.rejects(openDataFolder(folder), refused(/everybody on this machine may write to it: run chmod o-w/));
});

test('a path that leaves no room for a socket is refused', async (context) => {
  const folder = await createFolder(context);
  await assert.rejects(openDataFolder(join(folder, 'x'.repeat(100))), refused(/bytes too long for a Unix socket/));
});

test('link keys of processes that are gone are removed, and nothing else', async (context) => {
  const data = await openDataFolder(await createFolder(context));
  const run = join(data.path, 'run');
  const gone = spawnSync('true').pid;
  const kept = [basename(data.linkKeys), `link-keys-${process.ppid}.pem`, 'link-keys-x.pem', 'repository.sock'].sort();
  for (const name of [...kept, `link-keys-${gone}.pem`]) await writeFile(join(run, name), '');
  await removeStaleLinkKeys(data);
  assert.deepEqual((await readdir(run)).sort(), kept);
});

test('host keys are made once, with modes that keep the private half private', async (context) => {
  const folder = await createFolder(context);
  const keys = await openHostKeys(folder);
  assert.deepEqual((await readdir(folder)).sort(), [
    'ssh_host_ed25519_key',
    'ssh_host_ed25519_key.pub',
    'ssh_host_rsa_key',
    'ssh_host_rsa_key.pub',
  ]);
  assert.deepEqual(
    keys.map(({ publicKey }) => publicKey.split(' ')[0]),
    ['ssh-ed25519', 'ssh-rsa'],
  );
  for (const [at, type] of ['ed25519', 'rsa'].entries()) {
    const { stdout } = spawnSync('ssh-keygen', ['-l', '-f', join(folder, `ssh_host_${type}_key`)], {
      encoding: 'utf8',
    });
    assert.equal(keys[at]?.fingerprint, stdout.split(' ')[1]);
  }
  assert.equal((await stat(join(folder, 'ssh_host_rsa_key'))).mode & 0o777, 0o600);
  assert.equal((await stat(join(folder, 'ssh_host_rsa_key.pub'))).mode & 0o777, 0o644);
  assert.deepEqual(await openHostKeys(folder), keys);
});

test('a public half that was lost is written again, and may bear a comment', async (context) => {
  const folder = await createFolder(context);
  const keys = await openHostKeys(folder);
  const file = join(folder, 'ssh_host_ed25519_key.pub');
  await rm(file);
  assert.deepEqual(await openHostKeys(folder), keys);
  assert.equal(await readFile(file, 'utf8'), `${keys[0]?.publicKey}\n`);
  await writeFile(file, `${keys[0]?.publicKey} the gateway\n`);
  assert.deepEqual(await openHostKeys(folder), keys);
});

test('a host key that others may have read, that was changed, damaged or lost, is refused', async (context) => {
  const folder = await createFolder(context);
  await openHostKeys(folder);
  const file = join(folder, 'ssh_host_ed25519_key');
  const text = await readFile(file, 'utf8');
  await chmod(file, 0o640);
  await assert.rejects(openHostKeys(folder), refused(/others may read it: .*chmod 600/));
  await chmod(file, 0o600);

  const other = await createFolder(context);
  await openHostKeys(other);
  await writeFile(file, await readFile(join(other, 'ssh_host_ed25519_key')));
  await assert.rejects(openHostKeys(folder), refused(/does not match .*\.pub/));
  await writeFile(file, text.slice(0, 100));
  await assert.rejects(openHostKeys(folder), (error) => {
    assert.ok(refused(/put back the one that was there/)(error));
    assert.ok(!String(error).includes(text.slice(60, 90)), 'key material in a message');
    return true;
  });
  await rm(file);
  await assert.rejects(openHostKeys(folder), refused(/it is gone, and .*\.pub is still there/));
});

test('a host key of a type that is not served is refused, and no key is made beside it', async (context) => {
  const folder = await createFolder(context);
  await writeFile(join(folder, 'ssh_host_ecdsa_key'), '');
  const expected = /ssh_host_ecdsa_key cannot be used: only ssh_host_ed25519_key and ssh_host_rsa_key can: remove it/;
  await assert.rejects(openHostKeys(folder), refused(expected));
  assert.deepEqual(await readdir(folder), ['ssh_host_ecdsa_key']);
});
