import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readLinkKeys } from './link-keys.ts';

let file: string;
before(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'keys-')), 'link-keys.pem');
});
after(() => rm(join(file, '..'), { recursive: true }));

const format = { type: 'spki', format: 'pem' } as const;
const ed25519 = () => generateKeyPairSync('ed25519').publicKey;
const ecdsa = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export(format);
const privatePem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
const damaged = ed25519()
  .export(format)
  .toString()
  .replace(/\n.{20}/, '\n');

test('several keys in one file, with words between them', async () => {
  const keys = [ed25519(), ed25519()];
  await writeFile(file, keys.map((key) => `a gateway\n${key.export(format)}`).join('\n'));
  const read = await readLinkKeys(file);
  assert.deepEqual([read.length, read.every((key, index) => keys[index]?.equals(key))], [2, true]);
});

for (const [name, text, expected] of [
  ['an empty file', '', /there is no PUBLIC KEY block in it$/],
  ['a private key', privatePem, /there is no PUBLIC KEY block in it$/],
  ['a damaged key', damaged, /a block in it is damaged$/],
  ['a key of another kind after a good one', `${ed25519().export(format)}${ecdsa}`, /a key in it is not Ed25519$/],
] as const)
  test(`refused: ${name}`, async () => {
    await writeFile(file, text);
    await assert.rejects(readLinkKeys(file), { code: 'LINK_KEYS_NOT_USABLE', message: expected });
  });

test('refused: no file', async () => {
  await assert.rejects(readLinkKeys(`${file}.absent`), { message: /cannot be used: no such file or folder$/ });
});
