import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { fingerprint, fingerprintOfHash, keyHash } from './fingerprint.ts';
import { minimumRsaBits, type PublicKey, parsePublicKeyBlob, parsePublicKeyLine, weakness } from './public-key.ts';
import { encodeMpint, encodeString } from './wire.ts';

const blobOf = (...strings: (Buffer | string)[]): Buffer => Buffer.concat(strings.map(encodeString));
const lineOf = (type: string, blob: Buffer, comment = ''): string => `${type} ${blob.toString('base64')} ${comment}`;

const ed25519Blob = blobOf('ssh-ed25519', Buffer.alloc(32, 0x5a));
const ed25519Line = lineOf('ssh-ed25519', ed25519Blob, 'alice@laptop');

/** Big-endian, odd, with exactly this many bits. */
const modulus = (bits: number): Buffer => {
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff);
  bytes.writeUInt8(0xff >> ((8 - (bits % 8)) % 8));
  return bytes;
};
const rsaBlob = (bits: number, exponent = Buffer.from([1, 0, 1])): Buffer =>
  Buffer.concat([encodeString('ssh-rsa'), encodeMpint(exponent), encodeMpint(modulus(bits))]);

const expectKey = (result: ReturnType<typeof parsePublicKeyBlob>): PublicKey => {
  assert.ok(result.ok, result.ok ? '' : result.error);
  return result.value;
};
const expectError = (result: ReturnType<typeof parsePublicKeyBlob>): string => {
  assert.ok(!result.ok, 'should have been refused');
  return result.error;
};

describe('keys of ssh-keygen', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  after(() => rmSync(folder, { recursive: true }));

  const keygen = (...options: string[]): string => execFileSync('ssh-keygen', options, { encoding: 'utf8' });
  let made = 0;
  const makeKey = (...options: string[]): string => {
    const file = join(folder, `key-${made++}`);
    keygen('-q', '-N', '', '-C', 'Jean Sérault, laptop', '-f', file, ...options);
    return file;
  };

  const accepted = [
    { options: ['-t', 'ed25519'], type: 'ssh-ed25519', bits: 256 },
    { options: ['-t', 'ecdsa', '-b', '256'], type: 'ecdsa-sha2-nistp256', bits: 256 },
    { options: ['-t', 'ecdsa', '-b', '384'], type: 'ecdsa-sha2-nistp384', bits: 384 },
    { options: ['-t', 'ecdsa', '-b', '521'], type: 'ecdsa-sha2-nistp521', bits: 521 },
    { options: ['-t', 'rsa', '-b', '2048'], type: 'ssh-rsa', bits: 2048 },
    { options: ['-t', 'rsa', '-b', '1031'], type: 'ssh-rsa', bits: 1031 },
  ];
  for (const { options, type, bits } of accepted) {
    it(`are read: ${options.join(' ')}`, () => {
      const file = makeKey(...options);
      const key = expectKey(parsePublicKeyLine(readFileSync(`${file}.pub`, 'utf8')));
      assert.equal(key.type, type);
      assert.equal(key.bits, bits);
      assert.deepEqual(parsePublicKeyBlob(key.blob), { ok: true, value: key });
      assert.equal(fingerprint(key.blob), keygen('-lf', `${file}.pub`).split(' ')[1]);
      assert.equal(fingerprintOfHash(keyHash(key.blob)), fingerprint(key.blob));
      assert.match(keyHash(key.blob), /^[0-9a-f]{64}$/);
    });
  }

  const privateForms = [
    { form: 'OpenSSH', options: ['-t', 'ed25519'] },
    { form: 'PEM', options: ['-t', 'rsa', '-b', '1024', '-m', 'PEM'] },
    { form: 'PKCS8', options: ['-t', 'ecdsa', '-m', 'PKCS8'] },
  ];
  for (const { form, options } of privateForms) {
    it(`are called compromised if they are private: ${form}`, () => {
      const text = readFileSync(makeKey(...options), 'utf8');
      const folded = text.replaceAll('\n', ' ');
      for (const pasted of [text, folded, `${ed25519Line}\n${text}`, `${ed25519Line} ${folded}`]) {
        const message = expectError(parsePublicKeyLine(pasted));
        assert.match(message, /PRIVATE key.*compromised.*\.pub/);
        for (const word of text.split(/\s+/).filter((part) => part.length > 12)) assert.ok(!message.includes(word));
      }
    });
  }

  it('are called compromised without their header, too', () => {
    const body = readFileSync(makeKey('-t', 'ed25519'), 'utf8').replace(/^-.*\n/, '');
    assert.match(expectError(parsePublicKeyLine(body)), /compromised/);
  });

  const otherForms = [
    { form: 'RFC4716', tells: /RFC 4716 form.*ssh-keygen -i -f/ },
    { form: 'PEM', tells: /PEM form.*ssh-keygen -i -m PEM/ },
    { form: 'PKCS8', tells: /PEM form.*ssh-keygen -i -m PKCS8/ },
  ];
  describe('in other forms', () => {
    let rsaKey: string;
    before(() => {
      rsaKey = makeKey('-t', 'rsa', '-b', '1024');
    });
    for (const { form, tells } of otherForms) {
      it(`are refused with the way to convert them: ${form}`, () => {
        const text = keygen('-e', '-m', form, '-f', `${rsaKey}.pub`);
        assert.match(expectError(parsePublicKeyLine(text)), tells);
      });
    }
  });

  it('are refused if they are certificates', () => {
    const authority = makeKey('-t', 'ed25519');
    const user = makeKey('-t', 'ed25519');
    keygen('-q', '-s', authority, '-I', 'alice', '-n', 'alice', `${user}.pub`);
    const line = readFileSync(`${user}-cert.pub`, 'utf8');
    assert.match(expectError(parsePublicKeyLine(line)), /ssh-ed25519-cert-v01@openssh\.com is a certificate; give/);
    const blob = Buffer.from(line.split(' ')[1] ?? '', 'base64');
    assert.match(expectError(parsePublicKeyBlob(blob)), /is a certificate/);
    assert.match(expectError(parsePublicKeyLine(lineOf('ssh-ed25519', blob))), /is a certificate/);
  });
});

describe('a public key line', () => {
  const base64 = ed25519Blob.toString('base64');

  const good = [
    ed25519Line,
    `ssh-ed25519 ${base64}`,
    `  ssh-ed25519\t${base64}  \r\n`,
    `\uFEFFssh-ed25519 ${base64}\n`,
    `ssh-ed25519 ${base64}   a comment with "quotes", ünïcode, my private key and\ttabs`,
    `ssh-ed25519 ${base64} ssh-rsa AAAA`,
  ];
  for (const line of good) {
    it(`is read: ${JSON.stringify(line)}`, () => {
      assert.deepEqual(expectKey(parsePublicKeyLine(line)).blob, ed25519Blob);
    });
  }

  const bad: readonly (readonly [string, RegExp])[] = [
    ['', /empty/],
    [' \n ', /empty/],
    [`${ed25519Line}\n${ed25519Line}`, /several lines/],
    [`ssh-ed25519 ${base64.slice(0, 40)}\n${base64.slice(40)}`, /several lines/],
    [`# mine\n${ed25519Line}`, /several lines/],
    [`no-pty ${ed25519Line}`, /in front of ssh-ed25519; options are not supported/],
    [`command="echo hi",restrict ${ed25519Line}`, /in front of ssh-ed25519; options are not supported/],
    [`from="10.0.0.0/8, ::1" ${ed25519Line}`, /sourceRanges/],
    [`cert-authority ${ed25519Line}`, /options are not supported/],
    [`git.example.com ${ed25519Line}`, /in front of ssh-ed25519/],
    ['PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\nSECRET', /compromised/],
    ['---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nSECRET', /compromised/],
    ['-----BEGIN ENCRYPTED PRIVATE KEY-----\nSECRET', /compromised/],
    ['-----BEGIN PGP PRIVATE KEY BLOCK-----\nSECRET', /compromised/],
    ['-----BEGIN OPENSSH\n  PRIVATE KEY-----\nSECRET', /compromised/],
    ['-----BEGIN PGP PUBLIC KEY BLOCK-----\nxyz', /OpenPGP.*gpg --export-ssh-key/],
    ['-----BEGIN CERTIFICATE-----\nxyz', /X\.509/],
    [`sk-ssh-ed25519@openssh.com ${base64} comment`, /sk-ssh-ed25519@openssh\.com.*hardware security key/],
    [`sk-ecdsa-sha2-nistp256@openssh.com ${base64}`, /hardware security key/],
    [`ssh-rsa-cert-v01@openssh.com ${base64}`, /ssh-rsa-cert-v01@openssh\.com is a certificate/],
    [`ssh-dss ${base64}`, /DSA, which is too weak.*ssh-keygen -t ed25519/],
    [`ssh-ed448 ${base64}`, /ssh-ed448 are not supported/],
    [`ecdsa-sha2-nistk233 ${base64}`, /not supported/],
    [`SSH-ED25519 ${base64}`, /not a public key/],
    [base64, /type of the key is missing/],
    [`${base64} alice@laptop`, /type of the key is missing/],
    ['ssh-ed25519', /base64 after the type is missing/],
    [`ssh-ed25519 ${base64.slice(0, -1)}`, /base64 after ssh-ed25519 is damaged/],
    [`ssh-ed25519 ${base64}=`, /base64 after ssh-ed25519 is damaged/],
    [`ssh-ed25519 ${base64.slice(0, 30)}-${base64.slice(31)}`, /missing or damaged/],
    [`ssh-ed25519 ${base64.slice(0, 20)}`, /damaged: it ends too early/],
    [`ssh-rsa ${base64}`, /the line says ssh-rsa, but its key is ssh-ed25519/],
    [`ssh-ed25519 ${base64} \u001B[31mred`, /control characters/],
    [`ssh-ed25519 ${base64} nul\0`, /control characters/],
    ['SHA256:IdVSJZCBUK3X3RfyDvSn9FLmhZRJ5pv1VVJ6RbqoYVo', /fingerprint/],
    ['256 SHA256:IdVSJZCBUK3X3RfyDvSn9FLmhZRJ5pv1VVJ6RbqoYVo alice (ED25519)', /fingerprint/],
    ['~/.ssh/id_ed25519.pub', /name of a file/],
    ['1024 65537 1208365410 alice', /not a public key/],
    ['hello', /not a public key/],
    [`ssh-ed25519 ${base64} ${'x'.repeat(20_000)}`, /too long/],
  ];
  for (const [line, tells] of bad) {
    it(`is refused: ${JSON.stringify(line.slice(0, 70))}`, () => {
      const message = expectError(parsePublicKeyLine(line));
      assert.match(message, tells);
      assert.match(message, /^[\x20-\x7e]{1,250}$/);
      assert.doesNotMatch(message, /SECRET|alice|echo/);
    });
  }

  it('never makes the parser throw, and no message repeats it', () => {
    const word = fc.oneof(
      fc.constantFrom('ssh-ed25519', 'ssh-rsa', 'sk-x', 'BEGIN', 'PRIVATE', 'KEY', base64, 'no-pty', '\n', '\0'),
      fc.string(),
      fc.base64String(),
    );
    fc.assert(
      fc.property(fc.array(word), fc.constantFrom('', ' ', '\t'), (words, separator) => {
        const result = parsePublicKeyLine(words.join(separator));
        if (!result.ok) assert.match(result.error, /^[\x20-\x7e]{1,250}$/);
      }),
    );
  });

  it('is cheap to read', () => {
    const started = performance.now();
    for (let round = 0; round < 20_000; round++) parsePublicKeyLine(ed25519Line);
    // 50 ms where this was written: the bound only notices a key object, or worse, made for each line.
    assert.ok(performance.now() - started < 1000);
  });
});

describe('a public key blob', () => {
  const p256 = blobOf('ecdsa-sha2-nistp256', 'nistp256');
  const twice = (coordinate: string): Buffer => Buffer.from(`04${coordinate.repeat(2)}`, 'hex');

  const bad: readonly (readonly [string, Buffer, RegExp])[] = [
    ['nothing', Buffer.alloc(0), /ends too early/],
    ['an empty type', blobOf(''), /not a public key/],
    ['a type with an escape sequence', blobOf('ssh-\u001B[31m', 'x'), /^not a public key that SSH knows/],
    ['the type alone', blobOf('ssh-ed25519'), /ends too early/],
    ['Ed25519 with 31 bytes', blobOf('ssh-ed25519', Buffer.alloc(31, 1)), /32 bytes/],
    ['Ed25519 with 33 bytes', blobOf('ssh-ed25519', Buffer.alloc(33, 1)), /32 bytes/],
    ['Ed25519 of low order', blobOf('ssh-ed25519', Buffer.alloc(32)), /anybody can sign/],
    ['bytes after the end', Buffer.concat([ed25519Blob, Buffer.alloc(1)]), /bytes after its end/],
    ['another curve than its type', blobOf('ecdsa-sha2-nistp256', 'nistp384', twice('00'.repeat(48))), /curve is not/],
    ['a point at infinity', Buffer.concat([p256, blobOf(Buffer.alloc(1))]), /not in uncompressed form/],
    ['a point beside the curve', Buffer.concat([p256, blobOf(twice('01'.repeat(32)))]), /not on the curve/],
    ['RSA with exponent 1', rsaBlob(2048, Buffer.from([1])), /exponent/],
    ['RSA with an even exponent', rsaBlob(2048, Buffer.from([1, 0, 0])), /exponent/],
    ['RSA with exponent 0', rsaBlob(2048, Buffer.alloc(0)), /zero/],
    ['RSA with an exponent of 5 bytes', rsaBlob(2048, Buffer.from([1, 0, 0, 0, 1])), /too long/],
    ['RSA with 16385 bits', rsaBlob(16_385), /too long/],
    [
      'RSA with an even modulus',
      Buffer.concat([encodeString('ssh-rsa'), encodeMpint(Buffer.from([3])), encodeMpint(Buffer.alloc(256, 0xfe))]),
      /modulus is even/,
    ],
    ['RSA with a negative modulus', blobOf('ssh-rsa', Buffer.from([3]), modulus(2048)), /negative/],
    [
      'RSA with a needless zero',
      blobOf('ssh-rsa', Buffer.from([3]), Buffer.concat([Buffer.alloc(2), modulus(2048)])),
      /needless/,
    ],
  ];
  for (const [what, blob, tells] of bad) {
    it(`is refused: ${what}`, () => {
      assert.match(expectError(parsePublicKeyBlob(blob)), tells);
    });
  }

  it('is read up to the limits of RSA', () => {
    assert.equal(expectKey(parsePublicKeyBlob(rsaBlob(16_384))).bits, 16_384);
    assert.equal(expectKey(parsePublicKeyBlob(rsaBlob(2047, Buffer.from([3])))).bits, 2047);
    assert.equal(expectKey(parsePublicKeyBlob(rsaBlob(2048, Buffer.from([0xff, 0xff, 0xff, 0xff])))).bits, 2048);
  });

  it('never makes the parser throw', () => {
    const part = fc.oneof(
      fc.constantFrom('ssh-ed25519', 'ssh-rsa', 'ecdsa-sha2-nistp521', 'nistp521').map(encodeString),
      fc.uint8Array({ maxLength: 140 }).map((bytes) => encodeString(Buffer.from(bytes))),
      fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const blob = Buffer.concat(parts);
        const result = parsePublicKeyBlob(blob);
        if (result.ok) assert.equal(result.value.blob, blob);
        else assert.match(result.error, /^[\x20-\x7e]{1,250}$/);
      }),
      { numRuns: 1000 },
    );
  });

  it('is refused when cut anywhere', () => {
    for (const blob of [ed25519Blob, rsaBlob(2048)]) {
      for (let length = 0; length < blob.length; length++) expectError(parsePublicKeyBlob(blob.subarray(0, length)));
    }
  });
});

describe('weakness', () => {
  const cases = [
    { bits: 1024, required: 2048, weak: true },
    { bits: 2047, required: 2048, weak: true },
    { bits: 2048, required: 2048, weak: false },
    { bits: 2048, required: 1024, weak: false },
    { bits: 1024, required: 1024, weak: true },
    { bits: 3071, required: 3072, weak: true },
    { bits: 4096, required: 3072, weak: false },
  ];
  for (const { bits, required, weak } of cases) {
    it(`RSA of ${bits} bits is ${weak ? 'weak' : 'strong'} where ${required} are asked for`, () => {
      const message = weakness(expectKey(parsePublicKeyBlob(rsaBlob(bits))), { minimumRsaBits: required });
      if (weak) {
        assert.match(message ?? '', new RegExp(`${bits} bits is too weak, at least ${Math.max(required, 2048)}`));
      } else assert.equal(message, undefined);
    });
  }

  it('is no matter of bits for other types', () => {
    assert.equal(minimumRsaBits, 2048);
    assert.equal(weakness(expectKey(parsePublicKeyLine(ed25519Line)), { minimumRsaBits: 16_384 }), undefined);
  });
});
