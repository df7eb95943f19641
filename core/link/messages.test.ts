import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildFrame, createFrameDecoder, type Frame } from './frame.ts';
import {
  buildGatewayMessage,
  buildServerMessage,
  type GatewayMessage,
  parseGatewayMessage,
  parseServerMessage,
  type ServerMessage,
} from './messages.ts';

function frameOf(bytes: Buffer): Frame {
  const decoded = createFrameDecoder(1024 * 1024).push(bytes);
  assert.ok(decoded.ok && decoded.value[0] !== undefined);
  return decoded.value[0];
}

const fromServer: readonly ServerMessage[] = [
  { type: 'hello', version: 1, nonce: 'bm9uY2Utb2YtdGhlLXBvZA', pod: 'pool-0' },
  { type: 'accepted', session: 1, token: 'A'.repeat(43) },
  { type: 'ready', session: 1 },
  { type: 'stderr', session: 1, bytes: Buffer.from([0, 255, 10]) },
  {
    type: 'push',
    session: 1,
    report: {
      accepted: false,
      total: 1,
      counts: [{ action: 'Create', verdict: 'deny', refs: 1 }],
      refs: [
        { ref: 'refs/heads/a', old: '0', new: '1', action: 'Create', allow: false, rule: 'r', reason: 'RoleTooLow' },
      ],
    },
  },
  {
    type: 'push',
    session: 1,
    report: {
      accepted: true,
      total: 1,
      landed: 1,
      counts: [{ action: 'Rewind', verdict: 'allow', refs: 1 }],
      refs: [
        { ref: 'refs/a/b', old: '1', new: '2', action: 'Rewind', assumed: true, allow: true, rule: 'r', landed: true },
      ],
    },
  },
  { type: 'push', session: 1, report: { accepted: false, total: 7, problem: 'TooSlow', counts: [], refs: [] } },
  {
    type: 'pushRefs',
    session: 1,
    refs: [{ ref: 'refs/heads/a', old: '0', new: '1', action: 'Create', allow: true, rule: 'r', landed: true }],
  },
  { type: 'exit', session: 1, exitStatus: 143 },
  { type: 'failed', session: 1, code: 'Busy', message: 'later' },
  { type: 'pong' },
];

const fromGateway: readonly GatewayMessage[] = [
  { type: 'open', session: 1, keyId: 'k', signature: 'c2ln', bytes: Buffer.from('{}') },
  { type: 'cancel', session: 1, reason: 'revoked' },
  { type: 'stderrCredit', session: 1, bytes: 10 },
  { type: 'done', session: 1 },
  { type: 'ping' },
];

test('messages come out as they went in', () => {
  for (const message of fromServer)
    assert.deepEqual(parseServerMessage(frameOf(buildServerMessage(message))), { ok: true, value: message });
  for (const message of fromGateway)
    assert.deepEqual(parseGatewayMessage(frameOf(buildGatewayMessage(message))), { ok: true, value: message });
});

for (const [name, head, value] of [
  ['an unknown type', '{"type":"news","of":1}', undefined],
  ['an unknown field', '{"type":"ping","at":1}', { type: 'ping' }],
] as const)
  test(`ignored: ${name}`, () => {
    assert.deepEqual(parseGatewayMessage(frameOf(buildFrame(head))), { ok: true, value });
  });

for (const head of [
  '',
  '[]',
  'null',
  '{"type":1}',
  '{"type":"cancel"}',
  '{"type":"cancel","session":0,"reason":""}',
  '{"type":"cancel","session":1e99,"reason":""}',
  '{"type":"stderrCredit","session":1,"bytes":-1}',
  '{"type":"__proto__"',
])
  test(`malformed: ${head}`, () => {
    assert.deepEqual(parseGatewayMessage(frameOf(buildFrame(head))), { ok: false, error: 'Malformed' });
  });

test('no head makes a parser throw', () => {
  fc.assert(
    fc.property(fc.json(), fc.uint8Array(), (head, payload) => {
      const frame = frameOf(buildFrame(head, payload));
      parseGatewayMessage(frame);
      parseServerMessage(frame);
    }),
  );
});
