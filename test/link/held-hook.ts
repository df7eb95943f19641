import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeHooks } from './branches.ts';

/** A folder of hooks whose `pre-receive` waits before it does what ours does: the pack is there, nothing is asked yet. */
export type HeldHook = {
  readonly hooksDir: string;
  /** Whether a push has come so far. */
  reached(): Promise<boolean>;
  release(): Promise<void>;
};

const script = `: >"$here/reached"
while [ -e "$here/hold" ]; do sleep 0.05; done
exec "$ours/pre-receive"
`;

export async function createHeldHook(folder: string): Promise<HeldHook> {
  await writeHooks(folder, 'pre-receive', script);
  await writeFile(join(folder, 'hold'), '');
  return {
    hooksDir: join(folder, 'hooks'),
    reached: () =>
      stat(join(folder, 'reached')).then(
        () => true,
        () => false,
      ),
    release: () => rm(join(folder, 'hold'), { force: true }),
  };
}
