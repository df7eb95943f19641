import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

export type ClientKey = { readonly file: string; readonly blob: Buffer };

export type RunResult = { readonly status: number | null; readonly stdout: Buffer; readonly stderr: string };

export type OpenSsh = {
  readonly folder: string;
  /** Makes a key with ssh-keygen: `ed25519`, `ecdsa`, or `rsa`. */
  createKey(type: string, bits?: number): ClientKey;
  /** The arguments of `ssh` for a login with `key`, with nothing of the machine's configuration in them. */
  arguments(port: number, key: ClientKey, options?: readonly string[]): string[];
  run(port: number, key: ClientKey, command: readonly string[], settings?: RunSettings): Promise<RunResult>;
  remove(): void;
};

export type RunSettings = {
  /** Further arguments of `ssh`, in front of the host. */
  readonly options?: readonly string[];
  /** Otherwise stdin is /dev/null. */
  readonly input?: Buffer | Readable;
};

/** The OpenSSH client of this machine, with a folder of its own for keys and control sockets. */
export function createOpenSsh(): OpenSsh {
  const folder = mkdtempSync(join(tmpdir(), 'git-ingress-ssh-'));
  let keys = 0;

  // ssh takes the first value it is given for an option.
  const argumentsFor: OpenSsh['arguments'] = (port, key, options = []) => [
    ...options,
    ...['-F', 'none', '-p', String(port), '-i', key.file],
    ...['-o', 'IdentitiesOnly=yes', '-o', 'IdentityAgent=none', '-o', 'BatchMode=yes'],
    ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'],
    'git@127.0.0.1',
  ];

  return {
    folder,
    createKey: (type, bits) => {
      keys += 1;
      const file = join(folder, `key-${keys}`);
      const size = bits === undefined ? [] : ['-b', String(bits)];
      execFileSync('ssh-keygen', ['-q', '-t', type, ...size, '-N', '', '-f', file]);
      const [, base64 = ''] = readFileSync(`${file}.pub`, 'utf8').split(' ');
      return { file, blob: Buffer.from(base64, 'base64') };
    },
    arguments: argumentsFor,
    run: async (port, key, command, { options = [], input } = {}) => {
      const child = spawn('ssh', [...argumentsFor(port, key, options), ...command], {
        stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      });
      // A client that ended before it had read its input is judged by its status.
      child.stdin?.on('error', () => {});
      if (Buffer.isBuffer(input)) child.stdin?.end(input);
      else if (input !== undefined && child.stdin !== null) input.pipe(child.stdin);
      const [stdout, stderr, status] = await Promise.all([
        buffer(child.stdout as Readable),
        buffer(child.stderr as Readable),
        new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve)),
      ]);
      return { status, stdout, stderr: stderr.toString() };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
