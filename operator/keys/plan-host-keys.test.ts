import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateHostKey } from '../../runtime/generate-host-key.ts';
import type { KeySecret } from './key-objects.ts';
import { type HostKeyState, knownHostsKey, planHostKeys } from './plan-host-keys.ts';

const ed25519 = generateHostKey('ed25519');
const rsa = generateHostKey('rsa');
const hostNames = ['git.example.com', 'git.example.com:2222'];
const both = { ssh_host_ed25519_key: ed25519.privateKey, ssh_host_rsa_key: rsa.privateKey };
const knownHostsText = [
  `git.example.com ${ed25519.publicKey}\n`,
  `git.example.com ${rsa.publicKey}\n`,
  `[git.example.com]:2222 ${ed25519.publicKey}\n`,
  `[git.example.com]:2222 ${rsa.publicKey}\n`,
].join('');

const secretOf = (data: Readonly<Record<string, string>>, isOurs = true): KeySecret => ({
  ...{ uid: 'u', resourceVersion: '1', annotations: {} },
  ...{ isOurs, data },
});
const publish = (text: string) => ({ type: 'Publish', data: { [knownHostsKey]: text } });

const plan = (state: Partial<HostKeyState>) =>
  planHostKeys({ secret: secretOf(both), isGiven: false, knownHosts: undefined, hostNames, ...state });

test('an absent Secret is made, with a key of each kind', () => {
  assert.deepEqual(plan({ secret: undefined }), {
    type: 'MakeSecret',
    make: [
      { kind: 'ed25519', name: 'ssh_host_ed25519_key' },
      { kind: 'rsa', name: 'ssh_host_rsa_key' },
    ],
  });
});

test('a Secret that the administrator names is never made', () => {
  assert.deepEqual(plan({ secret: undefined, isGiven: true }), {
    type: 'Refuse',
    problem: { reason: 'Missing', message: 'there is no such Secret: make it' },
  });
});

test('the public halves are published for every host name', () => {
  assert.deepEqual(plan({}), publish(knownHostsText));
  for (const text of [undefined, '', `${knownHostsText}evil ${ed25519.publicKey}\n`]) {
    const data: Readonly<Record<string, string>> = text === undefined ? {} : { [knownHostsKey]: text };
    assert.deepEqual(plan({ knownHosts: { resourceVersion: '1', data } }), publish(knownHostsText));
  }
  const knownHosts = { resourceVersion: '1', data: { [knownHostsKey]: knownHostsText, other: 'left alone' } };
  assert.deepEqual(plan({ knownHosts }), { type: 'Rest' });
});

test('without host names, the ConfigMap says why it is empty', () => {
  assert.deepEqual(plan({ hostNames: [] }), publish('# No host names are configured (operator.hostNames).\n'));
});

test('a kind that is missing is added to a Secret of ours alone', () => {
  const { ssh_host_rsa_key: _, ...one } = both;
  assert.deepEqual(plan({ secret: secretOf(one) }), {
    type: 'ChangeSecret',
    step: 'KeysAdded',
    change: { make: [{ kind: 'rsa', name: 'ssh_host_rsa_key' }] },
  });
  const text = `a ${ed25519.publicKey}\n`;
  assert.deepEqual(plan({ secret: secretOf(one, false), hostNames: ['a'] }), publish(text));
  // One that we made in an earlier release, say, and that the administrator has adopted since.
  assert.deepEqual(plan({ secret: secretOf(one), isGiven: true, hostNames: ['a'] }), publish(text));
});

for (const [what, data, message] of [
  ['a damaged key', { ...both, ssh_host_rsa_key: 'damaged' }, /damaged, .*put back the key that ssh_host_rsa_key was/],
  ['an empty key', { ...both, ssh_host_ed25519_key: '' }, /damaged, .*ssh_host_ed25519_key/],
  ['a public key', { ...both, ssh_host_ed25519_key: ed25519.publicKey }, /is a public key/],
  [
    'a key under the name of another kind',
    { ssh_host_ed25519_key: rsa.privateKey },
    /type ssh-rsa in ssh_host_ed25519_key/,
  ],
  ['a key of another kind', { ...both, ssh_host_ecdsa_key: 'x' }, /remove ssh_host_ecdsa_key/],
] as const)
  for (const isOurs of [true, false])
    test(`${what} in a Secret of ${isOurs ? 'ours' : 'others'} is told of, and nothing is changed`, () => {
      const refused = plan({ secret: secretOf(data, isOurs) });
      assert.ok(refused.type === 'Refuse');
      assert.equal(refused.problem.reason, 'Unusable');
      assert.match(refused.problem.message, message);
      assert.ok(!refused.problem.message.includes('PRIVATE'));
    });

test("a Secret of others' without any host key is told of", () => {
  const refused = plan({ secret: secretOf({ other: 'x' }, false) });
  assert.ok(refused.type === 'Refuse');
  assert.match(refused.problem.message, /it needs ssh_host_ed25519_key or ssh_host_rsa_key/);
});
