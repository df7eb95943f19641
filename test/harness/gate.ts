import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from './client.ts';

const program = fileURLToPath(new URL('gated-ssh.ts', import.meta.url));

/** For the environment of a git whose transfer is to take until the test lets it go on. */
export type Gate = { readonly env: Readonly<Record<string, string>>; open(): void };

/** `uploadAfter`: bytes that go through before git's side is held. `downloadRate`: bytes a second. */
export function createGate(
  client: Client,
  home: string,
  limits: { readonly uploadAfter?: number; readonly downloadRate?: number },
): Gate {
  const file = join(mkdtempSync(join(home, 'gate-')), 'open');
  return {
    env: {
      GIT_SSH_COMMAND: `'${process.execPath}' '${program}' ${client.sshOptions.join(' ')}`,
      // git would ask a program that it does not know which ssh it is.
      GIT_SSH_VARIANT: 'ssh',
      GATE: file,
      ...(limits.uploadAfter !== undefined && { GATE_UPLOAD: String(limits.uploadAfter) }),
      ...(limits.downloadRate !== undefined && { GATE_DOWNLOAD: String(limits.downloadRate) }),
    },
    open: () => writeFileSync(file, ''),
  };
}
