import { createServer, type Socket } from 'node:net';
import { encodeString, encodeUint32, WireReader } from '../../core/ssh/wire.ts';
import type { Scope } from './standalone.ts';

/** An agent that holds public keys, and answers for them as a test likes (draft-ietf-sshm-ssh-agent). */
export type AgentOptions = {
  /** Lines of public key files. */
  readonly publicKeys: readonly string[];
  /** The signature blob, `string algorithm, string signature`; undefined: it will not sign. */
  readonly sign: (publicKey: string, data: Buffer, algorithm: string) => Buffer | undefined;
};

const message = { failure: 5, identitiesRequest: 11, identitiesAnswer: 12, signRequest: 13, signResponse: 14 } as const;

/** Listens on a socket, for ssh's `IdentityAgent`. */
export async function startAgent(scope: Scope, path: string, { publicKeys, sign }: AgentOptions): Promise<void> {
  const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');

  function answer(request: Buffer): Buffer {
    const type = request[0];
    if (type === message.identitiesRequest) {
      const keys = publicKeys.flatMap((line) => [encodeString(blobOf(line)), encodeString('test')]);
      return Buffer.concat([Buffer.of(message.identitiesAnswer), encodeUint32(publicKeys.length), ...keys]);
    }
    if (type !== message.signRequest) return Buffer.of(message.failure);
    const reader = new WireReader(request.subarray(1));
    const blob = reader.string();
    const data = reader.string();
    const line = publicKeys.find((candidate) => blobOf(candidate).equals(blob)) ?? '';
    const signature = sign(line, data, new WireReader(blob).name());
    if (signature === undefined) return Buffer.of(message.failure);
    return Buffer.concat([Buffer.of(message.signResponse), encodeString(signature)]);
  }

  const server = createServer((socket: Socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32BE(0)) {
        const end = 4 + bytes.readUInt32BE(0);
        socket.write(encodeString(answer(bytes.subarray(4, end))));
        bytes = bytes.subarray(end);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  scope.after(() => void server.close());
}
