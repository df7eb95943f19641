import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hostKeyKinds, parseHostKey } from '../core/ssh/host-key.ts';
import { generateHostKey } from './generate-host-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'git-ingress-host-keys-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** `TYPE BASE64` of a private key, or what is wrong with it. */
function publicLine(text: string): string {
  const key = parseHostKey(text);
  return key.ok ? `${key.value.type} ${key.value.blob.toString('base64')}` : key.error;
}

/** What ssh-keygen derives from a file with a private key. */
const derive = (file: string): string =>
  execFileSync('ssh-keygen', ['-y', '-f', file]).toString().trim().split(' ').slice(0, 2).join(' ');

/** A new private key of ssh-keygen's. */
function make(name: string, ...options: readonly string[]): string {
  const file = join(folder, name.replaceAll(' ', '-'));
  execFileSync('ssh-keygen', ['-q', ...options, '-f', file]);
  return file;
}

for (const kind of hostKeyKinds) {
  test(`ssh-keygen reads a new key of type ${kind}, and agrees on its public half`, () => {
    const { privateKey, publicKey } = generateHostKey(kind);
    const file = join(folder, kind);
    writeFileSync(file, privateKey, { mode: 0o600 });
    assert.equal(publicKey, derive(file));
    assert.equal(publicLine(privateKey), publicKey);
  });

  for (const format of ['RFC4716', 'PEM'].slice(0, kind === 'rsa' ? 2 : 1))
    test(`we read a key of type ${kind} that ssh-keygen made in the format ${format}`, () => {
      const file = make(`made ${kind} ${format}`, '-t', kind, '-m', format, '-N', '');
      assert.equal(publicLine(readFileSync(file, 'utf8')), derive(file));
    });
}

const refused: readonly [string, string[], RegExp][] = [
  ['a key with a passphrase', ['-t', 'ed25519', '-N', 'secret'], /damaged, encrypted/],
  ['a PEM key with a passphrase', ['-t', 'rsa', '-m', 'PEM', '-N', 'secret'], /damaged, encrypted/],
  ['an ECDSA key', ['-t', 'ecdsa', '-N', ''], /type ecdsa-sha2-nistp256; use ed25519 or RSA/],
  ['an RSA key of 1024 bits', ['-t', 'rsa', '-b', '1024', '-N', ''], /1024 bits/],
];
for (const [name, options, problem] of refused)
  test(`${name} is refused`, () => assert.match(publicLine(readFileSync(make(name, ...options), 'utf8')), problem));

test('a public key is told from a private one', () => {
  assert.match(publicLine(generateHostKey('ed25519').publicKey), /is a public key; the private one is needed/);
});

/** The text of a key with one byte of its binary form changed, counted from its end. */
function withByteChanged(text: string, fromEnd: number): string {
  const [begin = '', ...lines] = text.trim().split('\n');
  const end = lines.pop();
  const bytes = Buffer.from(lines.join(''), 'base64');
  const at = bytes.length - fromEnd;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return [begin, bytes.toString('base64'), end].join('\n');
}

for (const kind of hostKeyKinds)
  test(`a key of type ${kind} whose halves differ is refused`, () => {
    const { privateKey } = generateHostKey(kind);
    for (const fromEnd of [12, 40, 80, 100])
      assert.match(publicLine(withByteChanged(privateKey, fromEnd)), /damaged/, `byte ${fromEnd} from the end`);
  });

test('whatever is cut off, or not a key at all, is refused', () => {
  const { privateKey } = generateHostKey('rsa');
  for (const text of ['', 'damaged', privateKey.slice(0, 500), `${privateKey}more`, 'x'.repeat(100_000)])
    assert.match(publicLine(text), /damaged/);
});
