import { chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A folder of hooks whose `pre-receive` waits before it does what ours does: the pack is there, nothing is asked yet. */
export type HeldHook = {
  readonly hooksDir: string;
  /** Whether a push has come so far. */
  reached(): Promise<boolean>;
  release(): Promise<void>;
};

export async function createHeldHook(folder: string): Promise<HeldHook> {
  const hooksDir = join(folder, 'held-hooks');
  const reachedFile = join(folder, 'reached');
  const holdFile = join(folder, 'hold');
  const ours = fileURLToPath(new URL('../../repository/hooks/pre-receive', import.meta.url));
  await mkdir(hooksDir);
  await writeFile(holdFile, '');
  const script = `#!/bin/sh
: > '${reachedFile}'
while [ -e '${holdFile}' ]; do sleep 0.05; done
exec '${ours}'
`;
  await writeFile(join(hooksDir, 'pre-receive'), script);
  await chmod(join(hooksDir, 'pre-receive'), 0o755);
  return {
    hooksDir,
    reached: () =>
      stat(reachedFile).then(
        () => true,
        () => false,
      ),
    release: () => rm(holdFile, { force: true }),
  };
}
