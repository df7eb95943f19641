import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeMpint, encodeString, encodeUint32, WireError, WireReader } from './wire.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

describe('the wire types', () => {
  // RFC 4251 §5.
  const mpints = [
    { value: '', encoded: '00000000' },
    { value: '09a378f9b2e332a7', encoded: '00000008 09a378f9b2e332a7' },
    { value: '80', encoded: '00000002 0080' },
    { value: '0000000080', encoded: '00000002 0080' },
    { value: '007f', encoded: '00000001 7f' },
  ];
  for (const { value, encoded } of mpints) {
    it(`writes the mpint 0x${value} as ${encoded}`, () => {
      assert.deepEqual(encodeMpint(hex(value)), hex(encoded));
    });
  }

  it('reads what it writes, one value after the other', () => {
    fc.assert(
      fc.property(bytes(80), bytes(40), fc.nat(0xffff_ffff), (string, number, integer) => {
        const reader = new WireReader(
          Buffer.concat([
            encodeString(string),
            encodeMpint(Buffer.concat([number, hex('01')])),
            encodeUint32(integer),
            encodeString('name'),
            hex('07'),
          ]),
        );
        assert.deepEqual(reader.string(), string);
        assert.equal(BigInt(`0x${reader.positiveMpint(41).toString('hex')}`), BigInt(`0x${number.toString('hex')}01`));
        assert.equal(reader.uint32(), integer);
        assert.equal(reader.name(), 'name');
        assert.equal(reader.byte(), 7);
        reader.end();
      }),
    );
  });

  const badMpints = [
    { what: 'zero', encoded: '00000000' },
    { what: 'zero with a byte', encoded: '00000001 00' },
    { what: 'a negative number', encoded: '00000001 80' },
    { what: 'a needless leading zero', encoded: '00000002 007f' },
    { what: 'more needless leading zeros', encoded: '00000003 000080' },
    { what: 'a number that is too long', encoded: '00000003 010000' },
    { what: 'a length beyond the bytes', encoded: '00000002 01' },
  ];
  for (const { what, encoded } of badMpints) {
    it(`refuses ${what} as a positive mpint`, () => {
      assert.throws(() => new WireReader(hex(encoded)).positiveMpint(2), WireError);
    });
  }

  it('takes a sign byte for none of the magnitude', () => {
    assert.deepEqual(new WireReader(hex('00000003 008000')).positiveMpint(2), hex('8000'));
  });

  it('never leaves its bytes, whatever they are', () => {
    const reads = ['byte', 'uint32', 'string', 'name', 'positiveMpint', 'end'] as const;
    fc.assert(
      fc.property(bytes(24), fc.array(fc.constantFrom(...reads), { maxLength: 8 }), (input, order) => {
        // Something else lies on both sides of the view, as in a packet.
        const reader = new WireReader(Buffer.concat([hex('ffff'), input, hex('ffffffff')]).subarray(2, -4));
        let total = 0;
        try {
          for (const read of order) {
            const value = reader[read](16);
            if (Buffer.isBuffer(value) || typeof value === 'string') total += value.length;
          }
        } catch (error) {
          assert.ok(error instanceof WireError);
        }
        assert.ok(total <= input.length);
      }),
    );
  });

  it('refuses lengths that overflow', () => {
    for (const length of ['ffffffff', '7fffffff', '80000000', '00000001']) {
      assert.throws(() => new WireReader(hex(length)).string(), WireError);
    }
  });
});
