import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isInRanges, isSourceRange, unmapAddress } from './source-range.ts';

const rows: readonly [address: string, range: string, expected: boolean][] = [
  ['10.1.2.3', '10.0.0.0/8', true],
  ['11.1.2.3', '10.0.0.0/8', false],
  ['::ffff:10.1.2.3', '10.0.0.0/8', true],
  ['10.1.2.3', '10.1.2.3/32', true],
  ['10.1.2.4', '10.1.2.3/32', false],
  ['192.0.2.1', '0.0.0.0/0', true],
  ['2001:db8::1', '2001:db8::/32', true],
  ['2001:db9::1', '2001:db8::/32', false],
  ['::1', '::/0', true],
  ['::1', '::1/128', true],
  ['::1', '0.0.0.0/0', false],
  ['10.0.0.1', '::/0', false],
  ['fe80::1%eth0', 'fe80::/10', false],
  ['nonsense', '0.0.0.0/0', false],
];

for (const [address, range, expected] of rows) {
  it(`${address} is ${expected ? '' : 'not '}in ${range}`, () => assert.equal(isInRanges(address, [range]), expected));
}

it('refuses what is no range', () => {
  const bad = [
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0/8',
    '010.0.0.0/8',
    '10.0.0.0/08',
    '::/129',
    '1::2::3/64',
    ':::/1',
    '10.0.0.0/8/8',
    '',
    '/',
    '1:2:3:4:5:6:7:8:9/64',
    '1:2:3:4:5:6:7::8/128',
    '::ffff:10.0.0.0/8',
    '::ffff:10.0.0.0/104',
    '::ffff:a00:0/104',
    '64:ff9b::10.0.0.0/104',
  ];
  for (const range of bad) assert.equal(isSourceRange(range), false, range);
  for (const range of ['10.0.0.0/8', '::/0', '1:2:3:4:5:6:7:8/128', '2001:DB8::/32'])
    assert.ok(isSourceRange(range), range);
});

it('gives an IPv4 address its own form, and no other another', () => {
  const rows = [
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::ffff:1', '2001:db8::ffff:1'],
    ['::ffff:c000:201', '::ffff:c000:201'],
    ['', ''],
  ] as const;
  for (const [address, plain] of rows) assert.equal(unmapAddress(address), plain);
});
