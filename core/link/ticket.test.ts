import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { signTicket, type TicketExpectation, ticketKeyId, verifyTicket } from './ticket.ts';
import type { Ticket } from './ticket-content.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');
const keyId = ticketKeyId(privateKey);

const ticket: Ticket = {
  nonce: 'bm9uY2Utb2YtdGhlLXBvZA',
  counter: 3,
  pod: 'pool-0',
  order: {
    correlationId: 'c-1',
    repository: {
      namespace: 'team-a',
      name: 'website',
      uid: '6b1f2a1c-8d1c-4c5e-9a53-0d2f6c6a7b11',
      path: 'team-a/website',
      defaultBranch: 'main',
    },
    verb: 'receive-pack',
    gitProtocol: 'version=2',
    identity: {
      kind: 'User',
      user: { namespace: 'team-a', name: 'alice' },
      displayName: 'Alice Liddell',
      groups: ['developers'],
      access: 'ReadWrite',
      key: { namespace: 'team-a', name: 'alice-laptop', fingerprint: 'SHA256:abc' },
    },
    permission: {
      role: 'Write',
      grantedBy: 'Repository team-a/website spec.access[0]',
      refRules: [
        {
          rule: 'Repository team-a/website spec.refRules[0]',
          refs: ['refs/heads/**'],
          actions: ['Rewind'],
          effect: 'Deny',
          enforcement: 'Enforce',
        },
      ],
    },
  },
};

const expected: TicketExpectation = {
  keyOf: (id) => (id === keyId ? publicKey : undefined),
  nonce: ticket.nonce,
  pod: 'pool-0',
  session: 3,
  lastCounter: 2,
};

function signed(content: unknown, key = privateKey, id = keyId) {
  const result = signTicket(content as Ticket, key, id);
  assert.ok(result.ok);
  return result.value;
}

const order = ticket.order;
const withRepository = (change: object) => ({
  ...ticket,
  order: { ...order, repository: { ...order.repository, ...change } },
});
const good = signed(ticket);
const flipped = Buffer.from(good.bytes);
flipped.writeUInt8(flipped.readUInt8(40) ^ 1, 40);

test('a ticket comes out as it went in', () => {
  assert.deepEqual(verifyTicket(good, expected), { ok: true, value: ticket });
});

for (const [name, offered, expectation, problem] of [
  ['one bit changed', { ...good, bytes: flipped }, expected, 'BadSignature'],
  ['no signature', { ...good, signature: Buffer.alloc(0) }, expected, 'BadSignature'],
  ['another key under the known id', signed(ticket, other.privateKey), expected, 'BadSignature'],
  [
    'a key the pod does not know',
    signed(ticket, other.privateKey, ticketKeyId(other.publicKey)),
    expected,
    'UnknownKey',
  ],
  ['more than 64 KiB', { ...good, bytes: Buffer.alloc(64 * 1024 + 1) }, expected, 'TooLong'],
  ['another connection', good, { ...expected, nonce: 'x' }, 'WrongNonce'],
  ['another pod', good, { ...expected, pod: 'pool-1' }, 'WrongPod'],
  ['another session', good, { ...expected, session: 4 }, 'WrongSession'],
  ['used before', good, { ...expected, lastCounter: 3 }, 'Replayed'],
  ['a field that this pod does not know', signed({ ...ticket, maxBytes: 1 }), expected, 'Malformed'],
  ['a path as UID', signed(withRepository({ uid: '../../etc' })), expected, 'Malformed'],
  ['a UID in capitals', signed(withRepository({ uid: order.repository.uid.toUpperCase() })), expected, 'Malformed'],
  ['an option as branch', signed(withRepository({ defaultBranch: '--help' })), expected, 'Malformed'],
  ['a path as branch', signed(withRepository({ defaultBranch: '../../config' })), expected, 'Malformed'],
  ['a newline in a description', signed(withRepository({ description: 'a\nb' })), expected, 'Malformed'],
  ['another verb', signed({ ...ticket, order: { ...order, verb: 'gc' } }), expected, 'Malformed'],
  ['a newline in GIT_PROTOCOL', signed({ ...ticket, order: { ...order, gitProtocol: 'a\n' } }), expected, 'Malformed'],
  ['not an object', signed('ticket'), expected, 'Malformed'],
] as const)
  test(`refused: ${name}`, () => {
    assert.deepEqual(verifyTicket(offered, expectation), { ok: false, error: problem });
  });

test('more rules than fit are refused where they are signed', () => {
  const rules = Array.from({ length: 1000 }, () => order.permission.refRules[0]);
  const permission = { ...order.permission, refRules: rules } as typeof order.permission;
  assert.deepEqual(signTicket({ ...ticket, order: { ...order, permission } }, privateKey, keyId), {
    ok: false,
    error: 'TooLong',
  });
});
