import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { generateHostKey } from '../runtime/generate-host-key.ts';
import { StartupError } from '../runtime/startup-error.ts';
import { readHostKeys } from './host-key-files.ts';

/** Files as the kubelet mounts a Secret: links to links, so that all of them change at once. */
async function mountSecret(
  context: TestContext,
  files: Readonly<Record<string, string>>,
  mode = 0o440,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'secret-'));
  context.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, '..2026_01_01'));
  await symlink('..2026_01_01', join(folder, '..data'));
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, '..2026_01_01', name), text);
    await chmod(join(folder, '..2026_01_01', name), mode);
    await symlink(join('..data', name), join(folder, name));
  }
  return folder;
}

const refused = (expected: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StartupError);
  assert.match(error.message, expected);
  assert.doesNotMatch(error.message, /PRIVATE|AAAA/);
  return true;
};

test('the host keys of a mounted Secret are taken as they are', async (context) => {
  const [ed25519, rsa] = [generateHostKey('ed25519'), generateHostKey('rsa')];
  const both = { ssh_host_ed25519_key: ed25519.privateKey, ssh_host_rsa_key: rsa.privateKey };
  const keys = await readHostKeys(await mountSecret(context, both));
  assert.deepEqual(
    keys.map(({ publicKey }) => publicKey),
    [ed25519.publicKey, rsa.publicKey],
  );
  const one = await readHostKeys(await mountSecret(context, { ssh_host_rsa_key: rsa.privateKey }, 0o400));
  assert.deepEqual(
    one.map(({ privateKey }) => privateKey),
    [rsa.privateKey],
  );
});

test('host keys that cannot be used are refused', async (context) => {
  const { privateKey } = generateHostKey('ed25519');
  const readIn = async (files: Readonly<Record<string, string>>, mode?: number) =>
    readHostKeys(await mountSecret(context, files, mode));
  await assert.rejects(readIn({}), refused(/there is none: ssh_host_ed25519_key or ssh_host_rsa_key is needed/));
  await assert.rejects(readIn({ ssh_host_ed25519_key: privateKey }, 0o444), refused(/everybody may read it.*0440/));
  await assert.rejects(readIn({ ssh_host_ed25519_key: privateKey.slice(0, 200) }), refused(/it is damaged/));
  await assert.rejects(
    readIn({ ssh_host_ecdsa_key: '' }),
    refused(/only ssh_host_ed25519_key and ssh_host_rsa_key can/),
  );
  await assert.rejects(readHostKeys('/nonexistent'), refused(/no such file or folder/));
});
