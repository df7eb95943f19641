import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { undoAtExit } from './undo-at-exit.ts';

/** A folder of the bench's own, and the key that its clients log in with. */
export type Workspace = {
  readonly folder: string;
  readonly privateKeyFile: string;
  /** Type and base64, as in authorized_keys. */
  readonly publicKey: string;
  /** A new, empty folder. */
  makeFolder(name: string): string;
  remove(): void;
};

export const createWorkspace = (): Workspace => {
  const folder = mkdtempSync(join(tmpdir(), 'git-ingress-bench-'));
  const privateKeyFile = join(folder, 'client-key');
  makeKey(privateKeyFile);
  return {
    folder,
    privateKeyFile,
    publicKey: readPublicKey(`${privateKeyFile}.pub`),
    makeFolder(name) {
      const path = join(folder, name);
      rmSync(path, { recursive: true, force: true });
      mkdirSync(path, { recursive: true });
      return path;
    },
    remove: undoAtExit(() => rmSync(folder, { recursive: true, force: true })),
  };
};

/** Makes an Ed25519 key pair without a passphrase: `file` and `file.pub`. */
export const makeKey = (file: string): void => {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', file]);
};

export const readPublicKey = (file: string): string => readFileSync(file, 'utf8').split(' ').slice(0, 2).join(' ');
