import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { Kind } from '../../core/api/resource.ts';

/**
 * An object, and what becomes of it. `Taken`: API server and `check` take it. `Refused`: both refuse it, and name `field`.
 * `Condition`: the API server takes it, since only the operator can tell; `check` says what its condition will say.
 */
export type Row = {
  readonly title: string;
  readonly verdict: 'Taken' | 'Refused' | 'Condition';
  /** What both messages name. */
  readonly field?: string;
  readonly object: Readonly<Record<string, unknown>>;
};

let count = 0;

const row =
  (kind: Kind, verdict: Row['verdict']) =>
  (title: string, spec?: unknown, field?: string, more: Readonly<Record<string, unknown>> = {}): Row => {
    const { metadata = {}, ...others } = more;
    count++;
    return {
      title: `${kind}: ${title}`,
      verdict,
      ...(field !== undefined && { field }),
      object: {
        apiVersion: 'gitingress.dev/v1alpha1',
        kind,
        metadata: { name: `row-${count}`, ...(metadata as object) },
        ...(spec !== undefined && { spec }),
        ...others,
      },
    };
  };

/** `refused('an unknown field', {spec}, 'spec.field', {metadata})` */
export const rowsOf = (kind: Kind) => ({
  taken: row(kind, 'Taken'),
  refused: row(kind, 'Refused'),
  condition: row(kind, 'Condition'),
});

/** A string as SSH writes it (RFC 4251 §5). */
const sshString = (bytes: Buffer | string): Buffer => {
  const content = Buffer.from(bytes as Buffer);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
};

/** The line of a new Ed25519 key, without a comment. */
export function ed25519Line(): string {
  const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  const blob = Buffer.concat([sshString('ssh-ed25519'), sshString(Buffer.from(x, 'base64url'))]);
  return `ssh-ed25519 ${blob.toString('base64')}`;
}

/** The line of a new RSA key of so many bits. */
export function rsaLine(modulusLength: number): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength });
  const { n = '', e = '' } = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })).export({
    format: 'jwk',
  });
  const mpint = (text: string): Buffer => {
    const magnitude = Buffer.from(text, 'base64url');
    return sshString(magnitude.readUInt8(0) < 0x80 ? magnitude : Buffer.concat([Buffer.alloc(1), magnitude]));
  };
  return `ssh-rsa ${Buffer.concat([sshString('ssh-rsa'), mpint(e), mpint(n)]).toString('base64')}`;
}
