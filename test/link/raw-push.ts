import { createHash } from 'node:crypto';
import type { RepositorySession } from '../../gateway/ports.ts';
import { buildRequest, type Surroundings } from './surroundings.ts';

export const zero = '0'.repeat(40);

const packetLine = (text: string): string => (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0') + text;

/** A pack of no objects, which git asks for with every ref that is not deleted. */
function buildEmptyPack(): Buffer {
  const pack = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  return Buffer.concat([pack, createHash('sha1').update(pack).digest()]);
}

/** What a client of git-receive-pack sends for these changes, each `OLD NEW REF`, of objects that are there already. */
export function buildPush(changes: readonly string[], capabilities = ''): Buffer {
  const [first = '', ...others] = changes;
  const lines = [`${first}\0report-status ${capabilities}`, ...others].map(packetLine);
  const deletesOnly = changes.every((change) => change.split(' ')[1] === zero);
  return Buffer.concat([Buffer.from(`${lines.join('')}0000`), ...(deletesOnly ? [] : [buildEmptyPack()])]);
}

/** What a client sends that signs its push: the commands stand in a certificate, which `signature` ends. */
export function buildSignedPush(changes: readonly string[], signature: string): Buffer {
  const certificate = ['certificate version 0.1', 'pusher alice 0 +0000', '', ...changes, signature];
  const lines = ['push-cert\0report-status', ...certificate.map((line) => `${line}\n`), 'push-cert-end\n'];
  return Buffer.concat([Buffer.from(`${lines.map(packetLine).join('')}0000`), buildEmptyPack()]);
}

type RawPush = {
  readonly session: RepositorySession;
  /** All that git has written to stdout and stderr, until now. */
  readonly said: () => string;
};

/** Pushes as a client may that keeps to no rule but those of the protocol. */
export const pushRaw = (
  world: Surroundings,
  host: string,
  changes: readonly string[],
  capabilities = '',
): Promise<RawPush> => pushBytes(world, host, buildPush(changes, capabilities));

/** Sends all this to git-receive-pack. */
export async function pushBytes(world: Surroundings, host: string, push: Buffer): Promise<RawPush> {
  const session = await world.dialer.open(buildRequest(host, 'receive-pack'), new AbortController().signal);
  let said = '';
  session.onData = session.onStderr = (bytes) => {
    said += bytes.toString();
    return true;
  };
  session.write(push);
  session.end();
  return { session, said: () => said };
}
