import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';

/** How often a session of this process has begun, and has been seen to end. */
export type Sessions = { begun: number; ended: number };

const pour = (write: (bytes: Buffer) => boolean, onDrain: (go: () => void) => void, total: number): void => {
  const block = Buffer.alloc(65_536, 'unguarded ');
  let left = total;
  const go = (): void => {
    while (left > 0) {
      const bytes = block.subarray(0, Math.min(left, block.length));
      left -= bytes.length;
      if (!write(bytes)) break;
    }
  };
  onDrain(go);
  go();
};

const run = (channel: ServerChannel, command: string): void => {
  const [verb, argument = '0'] = command.split(' ');
  const total = Number(argument);
  if (verb === 'hash' || verb === 'later') {
    const hash = createHash('sha256');
    channel.on('data', (bytes: Buffer) => hash.update(bytes));
    channel.on('end', () => {
      channel.write(hash.digest('hex'));
      channel.exit(0);
      channel.end();
    });
  }
  if (verb === 'exit') {
    channel.exit(total);
    channel.end();
  }
  if (verb === 'pour' || verb === 'both') {
    pour(
      (bytes) => channel.write(bytes),
      (go) => channel.on('drain', go),
      total,
    );
  }
  if (verb === 'both') {
    pour(
      (bytes) => channel.stderr.write(bytes),
      (go) => channel.stderr.on('drain', go),
      total,
    );
  }
};

/**
 * An ssh2 server as the examples of its documentation write one: it takes a known key at its word, and relies on ssh2
 * for everything else. What each attack does to it is what ours has to withstand.
 */
export const listenUnguarded = (hostKey: string, keyBlob: Buffer, sessions: Sessions): Promise<number> => {
  const serve = (connection: Connection): void => {
    connection.on('authentication', (context) => {
      const known = context.method === 'publickey' && context.key.data.equals(keyBlob);
      if (known) context.accept();
      else context.reject(['publickey']);
    });
    connection.on('session', (acceptSession) => {
      const session = acceptSession();
      session.on('exec', (accept, _reject, { command }) => {
        const begin = (): void => {
          const channel = accept();
          sessions.begun += 1;
          channel.on('close', () => {
            sessions.ended += 1;
          });
          run(channel, command);
        };
        // `later` first asks somebody whether it may.
        if (command.startsWith('later')) setTimeout(begin, 100);
        else begin();
      });
    });
  };
  const server = new ssh2.Server({ hostKeys: [hostKey] }, serve);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
};
