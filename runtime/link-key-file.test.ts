import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readLinkPrivateKey, readLinkPublicKeys } from './link-key-file.ts';

let file: string;
before(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'keys-')), 'link-keys.pem');
});
after(() => rm(join(file, '..'), { recursive: true }));

const spki = { type: 'spki', format: 'pem' } as const;
const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
const ed25519 = () => generateKeyPairSync('ed25519').publicKey;
const ecdsa = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pair = generateKeyPairSync('ed25519');
const privatePem = pair.privateKey.export(pkcs8).toString();
const encrypted = pair.privateKey.export({ ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'secret' }).toString();
const damaged = ed25519()
  .export(spki)
  .toString()
  .replace(/\n.{20}/, '\n');

test('several keys in one file, with words between them', async () => {
  const keys = [ed25519(), ed25519()];
  await writeFile(file, keys.map((key) => `a gateway\n${key.export(spki)}`).join('\n'));
  const read = await readLinkPublicKeys(file);
  assert.deepEqual([read.length, read.every((key, index) => keys[index]?.equals(key))], [2, true]);
});

test('a private key is read', async () => {
  await writeFile(file, privatePem);
  assert.ok((await readLinkPrivateKey(file)).equals(pair.privateKey));
});

type Read = (file: string) => Promise<KeyObject | readonly KeyObject[]>;
for (const [name, read, text, expected] of [
  ['an empty file', readLinkPublicKeys, '', /there is no PUBLIC KEY block in it$/],
  ['a private key for a public one', readLinkPublicKeys, privatePem, /there is no PUBLIC KEY block in it$/],
  ['a damaged key', readLinkPublicKeys, damaged, /a block in it is damaged$/],
  [
    'a key of another kind after a good one',
    readLinkPublicKeys,
    `${ed25519().export(spki)}${ecdsa.publicKey.export(spki)}`,
    /a key in it is not Ed25519$/,
  ],
  ['too many keys', readLinkPublicKeys, `${ed25519().export(spki)}`.repeat(65), /more than 64 keys/],
  ['an empty file for a private key', readLinkPrivateKey, '', /damaged, encrypted, or no private key/],
  ['a public key for a private one', readLinkPrivateKey, `${ed25519().export(spki)}`, /or no private key/],
  ['an encrypted key', readLinkPrivateKey, encrypted, /damaged, encrypted/],
  ['a private key of another kind', readLinkPrivateKey, `${ecdsa.privateKey.export(pkcs8)}`, /is not Ed25519$/],
] satisfies readonly (readonly [string, Read, string, RegExp])[])
  test(`refused: ${name}`, async () => {
    await writeFile(file, text);
    await assert.rejects(read(file), { code: 'LINK_KEYS_NOT_USABLE', message: expected });
  });

test('refused: no file', async () => {
  await assert.rejects(readLinkPublicKeys(`${file}.absent`), { message: /cannot be used: no such file or folder$/ });
});
