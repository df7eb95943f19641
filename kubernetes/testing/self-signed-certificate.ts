import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** DER: tag, length, contents. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const size = Buffer.from([body.length >> 8, body.length & 0xff]);
  const length = body.length < 0x80 ? Buffer.from([body.length]) : Buffer.concat([Buffer.from([0x82]), size]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
}

const sequence = (...contents: readonly Uint8Array[]): Buffer => der(0x30, ...contents);
const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const ecdsaWithSha256 = sequence(hex('06082a8648ce3d040302'));

/** A certificate for 127.0.0.1, made anew, which is its own authority. Node can sign one but not write it. */
export function makeSelfSignedCertificate(): { readonly key: string; readonly cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(der(0x31, sequence(hex('0603550403'), der(0x0c, Buffer.from('test')))));
  const utcTime = (at: number): Buffer =>
    der(0x17, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
  const subjectAltName = sequence(hex('0603551d11'), der(0x04, sequence(der(0x87, hex('7f000001')))));
  const isAuthority = sequence(hex('0603551d13'), hex('0101ff'), der(0x04, sequence(hex('0101ff'))));
  const day = 24 * 60 * 60 * 1_000;
  const content = sequence(
    ...[der(0xa0, hex('020102')), der(0x02, hex('01'), randomBytes(8)), ecdsaWithSha256, name],
    ...[sequence(utcTime(Date.now() - day), utcTime(Date.now() + day)), name],
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(subjectAltName, isAuthority)),
  );
  const certificate = sequence(content, ecdsaWithSha256, der(0x03, hex('00'), sign('sha256', content, privateKey)));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}
