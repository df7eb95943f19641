import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { generateHostKey, loadHostKeys, publicHostKey } from './host-keys.ts';

describe('host keys', () => {
  const folder = mkdtempSync(join(tmpdir(), 'git-ingress-host-keys-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const type of ['ed25519', 'rsa'] as const) {
    test(`ssh-keygen reads a new key of type ${type}, and agrees on its public half`, () => {
      const { privateKey, publicKey } = generateHostKey(type);
      const file = join(folder, type);
      writeFileSync(file, privateKey, { mode: 0o600 });
      const [expectedType, expectedBlob] = execFileSync('ssh-keygen', ['-y', '-f', file]).toString().trim().split(' ');
      assert.equal(publicKey, `${expectedType} ${expectedBlob}`);
      const { type: actualType, blob } = publicHostKey(privateKey);
      assert.deepEqual([actualType, blob.toString('base64')], [expectedType, expectedBlob]);
    });

    test(`we read a key of type ${type} that ssh-keygen made`, () => {
      const file = join(folder, `made-${type}`);
      execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file]);
      const [, expected] = execFileSync('ssh-keygen', ['-y', '-f', file]).toString().trim().split(' ');
      const text = execFileSync('cat', [file]).toString();
      assert.equal(publicHostKey(text).blob.toString('base64'), expected);
    });
  }

  test('many new keys are all good', () => {
    for (let count = 0; count < 300; count += 1) {
      const { privateKey, publicKey } = generateHostKey('ed25519');
      assert.equal(publicHostKey(privateKey).blob.toString('base64'), publicKey.split(' ')[1]);
    }
  });

  test('algorithms come best first, whatever the order of the keys, and without SHA-1', () => {
    const keys = [generateHostKey('rsa').privateKey, generateHostKey('ed25519').privateKey];
    assert.deepEqual([...loadHostKeys(keys).keys()], ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256']);
  });

  const refused: readonly [string, string[], RegExp][] = [
    ['a key with a passphrase', ['-t', 'ed25519', '-N', 'secret'], /damaged, encrypted/],
    ['an ECDSA key', ['-t', 'ecdsa', '-N', ''], /use ed25519 or RSA/],
    ['an RSA key of 1024 bits', ['-t', 'rsa', '-b', '1024', '-N', ''], /1024 bits/],
  ];
  for (const [name, options, problem] of refused) {
    test(`${name} is refused`, () => {
      const file = join(folder, name.replaceAll(' ', '-'));
      execFileSync('ssh-keygen', ['-q', ...options, '-f', file]);
      assert.throws(() => publicHostKey(execFileSync('cat', [file]).toString()), problem);
    });
  }
});
