import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyHash } from '../core/ssh/fingerprint.ts';
import { createAuthentication, type VerifiedKey } from './authentication.ts';
import { systemClock } from './clock.ts';
import { indexOf, keyBlob, publicKey } from './testing/small-index.ts';

const index = indexOf({
  'GitUser/alice': {},
  'SSHKey/laptop': { publicKey, userRef: { name: 'alice' } },
});
const attempt = { loginName: 'git', algorithm: 'ssh-ed25519', keyBlob };
const key = { hash: keyHash(keyBlob), fingerprint: '', loginName: 'git', address: '192.0.2.1' } as VerifiedKey;

const authenticationAt = (ageSeconds: number) =>
  createAuthentication(
    { current: index, ageSeconds: () => ageSeconds, subscribe: () => () => {} },
    systemClock,
    60_000,
  );

test('an index that is young enough lets in', () => {
  const { authenticate, admit, identify } = authenticationAt(60);
  assert.deepEqual([authenticate(attempt, '').ok, admit(key).ok, identify(key).ok], [true, true, true]);
});

test('an index that is too old lets nobody in, and says so; what runs goes on', () => {
  const { authenticate, admit, identify } = authenticationAt(60.1);
  const refused = { ok: false, error: { reason: 'IndexUnavailable', owners: [] } };
  assert.deepEqual([authenticate(attempt, ''), admit(key)], [refused, refused]);
  assert.equal(identify(key).ok, true);
});
