import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareManifests, type HeldManifest } from './succession.ts';

const held = (epoch: number, revision: number, { uid = 'one', shard = 'base-a', resourceVersion = '1' } = {}) =>
  ({
    ...{ uid, resourceVersion },
    manifest: { epoch, revision, shards: [{ name: shard, digest: shard }] },
  }) satisfies HeldManifest;

const rows: readonly [what: string, stored: HeldManifest, expected: ReturnType<typeof compareManifests>][] = [
  ['the next revision', held(3, 8), 'Newer'],
  ['the first of another epoch, however low its revision', held(4, 1), 'Newer'],
  ['the same under another resource version', held(3, 7, { resourceVersion: '2' }), 'Same'],
  ['the same number with other shards', held(3, 7, { shard: 'base-b' }), 'Older'],
  ['an older revision', held(3, 6), 'Older'],
  ['an older epoch, however high its revision', held(2, 100), 'Older'],
  ['another object, whatever it says', held(1, 1, { uid: 'two' }), 'Newer'],
];
for (const [what, stored, expected] of rows) {
  test(`${what}: ${expected}`, () => assert.equal(compareManifests(held(3, 7), stored), expected));
}
