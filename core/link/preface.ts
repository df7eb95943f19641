/**
 * The first bytes of a connection from a gateway to a repository server. They tell the two kinds apart and carry the
 * version of the link: a server that does not speak it closes the connection.
 *
 * Rolling upgrades. Within one version, both sides ignore messages of unknown type and unknown fields of messages, so
 * what may safely be ignored can be added freely. Whatever must not be ignored raises the version, and the server
 * learns to serve the old one beside it first. Tickets are the exception: an unknown field may be a restriction, so
 * it makes a ticket invalid.
 */
export const linkVersion = 1;

type ConnectionKind = 'Control' | 'Data';

const prefaces: Readonly<Record<ConnectionKind, Buffer>> = {
  Control: Buffer.from(`git-ingress/${linkVersion} C\n`, 'latin1'),
  Data: Buffer.from(`git-ingress/${linkVersion} D\n`, 'latin1'),
};

/** In bytes; the same for both kinds, so that a server can read a preface exactly and not a byte more. */
export const prefaceLength = 16;

/** In bytes. A data connection sends its token right after the preface, and then nothing until `ready`. */
export const tokenLength = 32;

/** All that a data connection says before git gets it. */
export const dataGreetingLength = prefaceLength + tokenLength;

/** The greeting of a control connection. */
export const controlGreeting: Buffer = prefaces.Control;

/** The greeting of a data connection. `token` is base64url, as `accepted` gave it. */
export const buildDataGreeting = (token: string): Buffer =>
  Buffer.concat([prefaces.Data, Buffer.from(token, 'base64url')]);

/** What a connection that began with `bytes` is, undefined when it is none of ours. Takes the first 16 bytes. */
export function parsePreface(bytes: Uint8Array): ConnectionKind | undefined {
  const preface = bytes.subarray(0, prefaceLength);
  if (prefaces.Control.equals(preface)) return 'Control';
  if (prefaces.Data.equals(preface)) return 'Data';
  return undefined;
}
