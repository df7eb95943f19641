import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateHostKey } from '../../runtime/generate-host-key.ts';
import { loadHostKeys } from './host-keys.ts';

test('algorithms come best first, whatever the order of the keys, and without SHA-1', () => {
  const keys = [generateHostKey('rsa').privateKey, generateHostKey('ed25519').privateKey];
  assert.deepEqual([...loadHostKeys(keys).keys()], ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256']);
});

test('ssh2 reads all that we make', () => {
  for (let count = 0; count < 300; count += 1) loadHostKeys([generateHostKey('ed25519').privateKey]);
});

test('a key that is damaged is refused', () => {
  assert.throws(
    () => loadHostKeys(['damaged']),
    /a host key cannot be read: it is damaged, encrypted, or no private key/,
  );
});
