import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { type PublicKey, parsePublicKeyBlob, parsePublicKeyLine } from './public-key.ts';
import { keyTypeOfAlgorithm, signatureAlgorithms, verifySignature } from './signature.ts';
import { encodeMpint, encodeString, encodeUint32, WireReader } from './wire.ts';

const data = Buffer.from('session id, then the request');
const fromBase64url = (text = ''): Buffer => Buffer.from(text, 'base64url');

const publicKeyOf = (privateKey: KeyObject): PublicKey => {
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
  const curve = (jwk.crv ?? '').replace('P-', 'nistp');
  const blob =
    jwk.kty === 'OKP'
      ? Buffer.concat([encodeString('ssh-ed25519'), encodeString(fromBase64url(jwk.x))])
      : jwk.kty === 'RSA'
        ? Buffer.concat([encodeString('ssh-rsa'), encodeMpint(fromBase64url(jwk.e)), encodeMpint(fromBase64url(jwk.n))])
        : Buffer.concat([
            encodeString(`ecdsa-sha2-${curve}`),
            encodeString(curve),
            encodeString(Buffer.concat([Buffer.from([4]), fromBase64url(jwk.x), fromBase64url(jwk.y)])),
          ]);
  const key = parsePublicKeyBlob(blob);
  assert.ok(key.ok);
  return key.value;
};

/** SSH's form of a signature from the one of node:crypto. */
const encodeSignature = (algorithm: string, raw: Buffer): Buffer => {
  const half = raw.length / 2;
  const body = algorithm.startsWith('ecdsa-')
    ? Buffer.concat([encodeMpint(raw.subarray(0, half)), encodeMpint(raw.subarray(half))])
    : raw;
  return Buffer.concat([encodeString(algorithm), encodeString(body)]);
};

const digests: Record<string, string | null> = {
  'ssh-ed25519': null,
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
  'rsa-sha2-512': 'sha512',
  'rsa-sha2-256': 'sha256',
  'ssh-rsa': 'sha1',
};
const signAs = (algorithm: string, privateKey: KeyObject, text = data): Buffer =>
  encodeSignature(algorithm, sign(digests[algorithm], text, { key: privateKey, dsaEncoding: 'ieee-p1363' }));

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ed25519 = generateKeyPairSync('ed25519').privateKey;
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const privateKeys: Record<string, KeyObject> = {
  'ssh-ed25519': ed25519,
  'ecdsa-sha2-nistp256': p256,
  'ecdsa-sha2-nistp384': generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  'ecdsa-sha2-nistp521': generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  'ssh-rsa': rsa,
};
const samples = signatureAlgorithms.map((algorithm) => {
  const privateKey = privateKeys[keyTypeOfAlgorithm(algorithm) ?? ''];
  assert.ok(privateKey);
  return { algorithm, privateKey, key: publicKeyOf(privateKey), signature: signAs(algorithm, privateKey) };
});

describe('signature algorithms', () => {
  it('are announced best first, without SHA-1', () => {
    assert.deepEqual(signatureAlgorithms, [
      'ssh-ed25519',
      'ecdsa-sha2-nistp256',
      'ecdsa-sha2-nistp384',
      'ecdsa-sha2-nistp521',
      'rsa-sha2-512',
      'rsa-sha2-256',
    ]);
  });

  it('belong to one type of key each', () => {
    assert.equal(keyTypeOfAlgorithm('rsa-sha2-256'), 'ssh-rsa');
    assert.equal(keyTypeOfAlgorithm('ecdsa-sha2-nistp384'), 'ecdsa-sha2-nistp384');
    for (const refused of ['ssh-rsa', 'ssh-dss', 'ssh-ed25519-cert-v01@openssh.com', '', 'constructor']) {
      assert.equal(keyTypeOfAlgorithm(refused), undefined);
    }
  });
});

describe('signatures of ssh-keygen', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signatures-'));
  after(() => rmSync(folder, { recursive: true }));

  /** PROTOCOL.sshsig: what is signed, and the signature blob in the armoured file. */
  const signWithKeygen = (file: string, message: Buffer): { signed: Buffer; signature: Buffer } => {
    const armoured = execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'test', '-f', file], {
      input: message,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const magic = 'SSHSIG';
    const reader = new WireReader(Buffer.from(armoured.replace(/^-.*$/gm, ''), 'base64').subarray(magic.length));
    reader.uint32();
    reader.string();
    const envelope = [reader.string(), reader.string(), reader.string()];
    const [, , digest] = envelope;
    const signed = [...envelope, hash(String(digest), message, 'buffer')].map(encodeString);
    return { signed: Buffer.concat([Buffer.from(magic), ...signed]), signature: reader.string() };
  };

  const cases = [
    { options: ['-t', 'ed25519'], algorithm: 'ssh-ed25519' },
    { options: ['-t', 'ecdsa', '-b', '256'], algorithm: 'ecdsa-sha2-nistp256' },
    { options: ['-t', 'ecdsa', '-b', '384'], algorithm: 'ecdsa-sha2-nistp384' },
    { options: ['-t', 'ecdsa', '-b', '521'], algorithm: 'ecdsa-sha2-nistp521' },
    { options: ['-t', 'rsa', '-b', '2048'], algorithm: 'rsa-sha2-512' },
  ];
  for (const { options, algorithm } of cases) {
    it(`are verified: ${algorithm}`, () => {
      const file = join(folder, algorithm);
      execFileSync('ssh-keygen', ['-q', '-N', '', '-f', file, ...options]);
      const key = parsePublicKeyLine(readFileSync(`${file}.pub`, 'utf8'));
      assert.ok(key.ok);
      // Several: r and s, and an RSA signature, begin with zeros now and then.
      for (let round = 0; round < 8; round++) {
        const { signed, signature } = signWithKeygen(file, Buffer.from(`message ${round}`));
        assert.equal(verifySignature(key.value, algorithm, signature, signed), true);
        assert.equal(verifySignature(key.value, algorithm, signature, data), false);
      }
    });
  }
});

describe('verifySignature', () => {
  for (const { algorithm, key, signature, privateKey } of samples) {
    it(`accepts ${algorithm}, and only over the same data and by the same key`, () => {
      assert.equal(verifySignature(key, algorithm, signature, data), true);
      assert.equal(verifySignature(key, algorithm, signature, data.subarray(1)), false);
      assert.equal(verifySignature(key, algorithm, signature, Buffer.alloc(0)), false);
      assert.equal(verifySignature(key, algorithm, signAs(algorithm, privateKey, Buffer.from('other')), data), false);
    });

    it(`never accepts a changed signature: ${algorithm}`, () => {
      const change = fc.record({ at: fc.nat(signature.length - 1), bits: fc.integer({ min: 1, max: 255 }) });
      fc.assert(
        fc.property(change, ({ at, bits }) => {
          const changed = Buffer.from(signature);
          changed.writeUInt8(changed.readUInt8(at) ^ bits, at);
          assert.equal(verifySignature(key, algorithm, changed, data), false);
        }),
        { numRuns: 300 },
      );
    });

    it(`never accepts one that is cut or longer: ${algorithm}`, () => {
      for (let length = 0; length < signature.length; length++) {
        assert.equal(verifySignature(key, algorithm, signature.subarray(0, length), data), false);
      }
      for (const tail of [1, 4, 5]) {
        const longer = Buffer.concat([signature, Buffer.alloc(tail)]);
        assert.equal(verifySignature(key, algorithm, longer, data), false);
      }
    });
  }

  it('accepts no signature under another algorithm than the requested one', () => {
    const named = ['ssh-rsa', 'ssh-ed25519-cert-v01@openssh.com', 'sk-ssh-ed25519@openssh.com', '', '__proto__'];
    for (const { algorithm, key, signature } of samples) {
      for (const requested of [...signatureAlgorithms, ...named]) {
        assert.equal(verifySignature(key, requested, signature, data), requested === algorithm);
        const raw = new WireReader(signature);
        raw.string();
        const renamed = Buffer.concat([encodeString(requested), encodeString(raw.string())]);
        assert.equal(verifySignature(key, algorithm, renamed, data), requested === algorithm);
        assert.equal(verifySignature(key, requested, renamed, data), requested === algorithm);
      }
    }
  });

  it('accepts no SHA-1, under whatever name', () => {
    const key = publicKeyOf(rsa);
    const raw = sign('sha1', data, rsa);
    for (const inner of ['ssh-rsa', 'rsa-sha2-256', 'rsa-sha2-512']) {
      for (const requested of ['ssh-rsa', 'rsa-sha2-256', 'rsa-sha2-512']) {
        assert.equal(verifySignature(key, requested, encodeSignature(inner, raw), data), false);
      }
    }
  });

  it('believes the blob, not the type that goes with it', () => {
    const [sample] = samples;
    assert.ok(sample);
    const lying: PublicKey = { ...sample.key, blob: publicKeyOf(rsa).blob };
    assert.equal(verifySignature(lying, sample.algorithm, sample.signature, data), false);
    const fields = sample.key.blob.subarray(encodeString('ssh-ed25519').length);
    const renamed: PublicKey = { ...sample.key, blob: Buffer.concat([encodeString('ssh-ed25520'), fields]) };
    assert.equal(verifySignature(renamed, sample.algorithm, sample.signature, data), false);
    const longer: PublicKey = { ...sample.key, blob: Buffer.concat([sample.key.blob, Buffer.alloc(1)]) };
    assert.equal(verifySignature(longer, sample.algorithm, sample.signature, data), false);
  });

  it('accepts an RSA signature without its leading zeros, as some agents send it', () => {
    const key = publicKeyOf(rsa);
    for (let counter = 0, found = false; !found; counter++) {
      const text = encodeUint32(counter);
      const raw = sign('sha512', text, rsa);
      found = raw[0] === 0;
      if (!found) continue;
      const short = encodeSignature('rsa-sha2-512', raw.subarray(1));
      assert.equal(verifySignature(key, 'rsa-sha2-512', short, text), true);
      assert.equal(verifySignature(key, 'rsa-sha2-512', short, data), false);
      const long = encodeSignature('rsa-sha2-512', Buffer.concat([Buffer.alloc(1), raw]));
      assert.equal(verifySignature(key, 'rsa-sha2-512', long, text), false);
    }
  });

  it('accepts an Ed25519 signature in its one form only', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const raw = sign(null, data, ed25519);
    const s = BigInt(`0x${Buffer.from(raw.subarray(32)).reverse().toString('hex')}`) + order;
    const other = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
    const signature = encodeSignature('ssh-ed25519', Buffer.concat([raw.subarray(0, 32), other]));
    assert.equal(verifySignature(publicKeyOf(ed25519), 'ssh-ed25519', signature, data), false);
  });

  describe('of ECDSA', () => {
    const key = publicKeyOf(p256);
    const raw = sign('sha256', data, { key: p256, dsaEncoding: 'ieee-p1363' });
    const [r, s] = [raw.subarray(0, 32), raw.subarray(32)];
    const zero = Buffer.alloc(1);
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
    const bodies: readonly (readonly [string, Buffer])[] = [
      ['ASN.1 instead of two numbers', sign('sha256', data, p256)],
      ['the bare halves', raw],
      ['a needless zero', Buffer.concat([encodeString(Buffer.concat([zero, zero, r])), encodeMpint(s)])],
      ['r of zero', Buffer.concat([encodeMpint(zero), encodeMpint(s)])],
      ['r and s of zero', Buffer.concat([encodeMpint(zero), encodeMpint(zero)])],
      ['r and s of the order', Buffer.concat([encodeMpint(order), encodeMpint(order)])],
      ['r alone', encodeMpint(r)],
      ['three numbers', Buffer.concat([encodeMpint(r), encodeMpint(s), encodeMpint(s)])],
      ['r of 33 bytes', Buffer.concat([encodeMpint(Buffer.alloc(33, 1)), encodeMpint(s)])],
      ['nothing', Buffer.alloc(0)],
    ];
    for (const [what, body] of bodies) {
      it(`refuses ${what}`, () => {
        const signature = Buffer.concat([encodeString('ecdsa-sha2-nistp256'), encodeString(body)]);
        assert.equal(verifySignature(key, 'ecdsa-sha2-nistp256', signature, data), false);
      });
    }
  });

  it('takes any bytes without throwing', () => {
    const bytes = fc.uint8Array({ maxLength: 100 }).map((array) => Buffer.from(array));
    const body = fc.oneof(
      bytes,
      fc.tuple(bytes, bytes).map((pair) => Buffer.concat(pair.map(encodeString))),
    );
    fc.assert(
      fc.property(fc.constantFrom(...samples), body, bytes, ({ algorithm, key }, anyBody, tail) => {
        const signature = Buffer.concat([encodeString(algorithm), encodeString(anyBody)]);
        assert.equal(verifySignature(key, algorithm, signature, data), false);
        assert.equal(verifySignature(key, algorithm, tail, data), false);
        assert.equal(verifySignature({ ...key, blob: tail }, algorithm, signature, data), false);
      }),
      { numRuns: 300 },
    );
  });

  it('takes keys that OpenSSL does not, without throwing', () => {
    const blob = Buffer.concat(['ssh-rsa', '\x03', '\x7f'].map(encodeString));
    const key = parsePublicKeyBlob(blob);
    assert.ok(key.ok);
    for (const body of [Buffer.alloc(1), Buffer.from([1]), Buffer.alloc(256)]) {
      const signature = encodeSignature('rsa-sha2-256', body);
      assert.equal(verifySignature(key.value, 'rsa-sha2-256', signature, data), false);
    }
  });
});
