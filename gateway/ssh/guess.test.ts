import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { encodeString, encodeUint32 } from '../../core/ssh/wire.ts';
import { generateHostKey } from '../../runtime/generate-host-key.ts';
import { listenForTests, type TestServer } from './testing/listen.ts';
import { message } from './wire-message.ts';

let server: TestServer;
before(async () => {
  server = await listenForTests(
    { hostKeys: ['ed25519', 'rsa'].map((type) => generateHostKey(type as 'rsa').privateKey) },
    [],
  );
});
after(() => server.close());

const kexDhInit = 30;
const kexDhReply = 31;

/** An unencrypted packet (RFC 4253 §6). */
function packet(payload: Buffer): Buffer {
  const padding = 8 - ((5 + payload.length) % 8) + 8;
  return Buffer.concat([encodeUint32(1 + payload.length + padding), Buffer.of(padding), payload, randomBytes(padding)]);
}

/** A KEXINIT that says that a packet sent on a guess follows. */
function kexInit(kex: string, hostKey: string): Buffer {
  const lists = [kex, hostKey, ...Array(2).fill('aes128-gcm@openssh.com'), ...Array(2).fill('hmac-sha2-256')];
  const names = [...lists, 'none', 'none', '', ''].map((list) => encodeString(list));
  return packet(Buffer.concat([Buffer.of(message.kexInit), randomBytes(16), ...names, Buffer.of(1), encodeUint32(0)]));
}

function ownShare(): Buffer {
  const { x = '' } = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' });
  return packet(Buffer.concat([Buffer.of(kexDhInit), encodeString(Buffer.from(x, 'base64url'))]));
}

const badShare = packet(Buffer.concat([Buffer.of(kexDhInit), encodeString('a share of some other key exchange')]));

/** Sends it all at once, and gives the types of the server's first two packets. */
function packetTypes(...packets: readonly Buffer[]): Promise<readonly (number | undefined)[]> {
  return new Promise((resolve, reject) => {
    const types: (number | undefined)[] = [];
    let bytes = Buffer.alloc(0);
    const socket = connect(server.port, '127.0.0.1');
    socket.write(Buffer.concat([Buffer.from('SSH-2.0-guessing\r\n'), ...packets]));
    socket.on('error', reject).on('close', () => resolve(types.slice(0, 2)));
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.subarray(0, 4).toString() === 'SSH-') bytes = bytes.subarray(bytes.indexOf('\n') + 1);
      while (bytes.length > 5 && bytes.length >= 4 + bytes.readUInt32BE(0)) {
        types.push(bytes[5]);
        bytes = bytes.subarray(4 + bytes.readUInt32BE(0));
        if (types.length >= 2) socket.destroy();
      }
    });
  });
}

test('a right guess is taken', { timeout: 5_000 }, async () => {
  const types = await packetTypes(kexInit('curve25519-sha256,ecdh-sha2-nistp256', 'ssh-ed25519'), ownShare());
  assert.deepEqual(types, [message.kexInit, kexDhReply]);
});

const wrongGuesses = [
  ['ecdh-sha2-nistp521,curve25519-sha256', 'ssh-ed25519'],
  // What is agreed upon is what the client prefers; yet both sides must have preferred it (RFC 4253 §7).
  ['curve25519-sha256', 'rsa-sha2-512'],
] as const;

for (const [kex, hostKey] of wrongGuesses) {
  test(`a wrong guess is passed over: ${kex}, ${hostKey}`, { timeout: 5_000 }, async () => {
    const types = await packetTypes(kexInit(kex, hostKey), badShare, ownShare());
    assert.deepEqual(types, [message.kexInit, kexDhReply]);
  });
}
