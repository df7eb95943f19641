import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Locks of refs, HEAD, configuration and packed refs, and of what lies in `objects/info`. */
const isLock = (name: string): boolean => name.endsWith('.lock');

/** Half-written packs, and the quarantines of pushes that never came to their verdict. */
const isTemporary = (name: string): boolean =>
  name.startsWith('tmp_objdir-') || name.startsWith('incoming-') || name.startsWith('tmp_');

/**
 * Removes from a bare repository what a git that was killed left behind; gives how many entries went. Only safe while
 * no git runs in it. Folders of loose objects are left alone: git never looks at a half-written object there.
 */
export async function removeInterruptedFiles(repository: string): Promise<number> {
  const counts = await Promise.all([
    removeEntries(repository, isLock),
    removeRecursively(join(repository, 'refs')),
    removeEntries(join(repository, 'objects'), isTemporary),
    removeEntries(join(repository, 'objects', 'pack'), isTemporary),
    removeEntries(join(repository, 'objects', 'info'), isLock),
  ]);
  return counts.reduce((sum, count) => sum + count, 0);
}

async function removeEntries(folder: string, isStale: (name: string) => boolean): Promise<number> {
  const stale = (await readdir(folder)).filter(isStale);
  for (const name of stale) await rm(join(folder, name), { recursive: true, force: true });
  return stale.length;
}

/** No ref ends in `.lock` (git-check-ref-format). */
async function removeRecursively(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true });
  let count = 0;
  for (const entry of entries) {
    if (entry.isDirectory()) count += await removeRecursively(join(folder, entry.name));
    else if (isLock(entry.name)) {
      await rm(join(folder, entry.name), { force: true });
      count += 1;
    }
  }
  return count;
}
