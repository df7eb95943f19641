import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing, for its owner alone; one that is there stays as it is. Throws the
 * system's error. mkdir's own recursive mode goes on for ever below a link to nothing, and in /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  await make(path, true);
}

async function make(path: string, mayMakeParent: boolean): Promise<void> {
  try {
    await mkdir(path, 0o700);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || !mayMakeParent || dirname(path) === path) throw error;
    await make(dirname(path), true);
    await make(path, false);
  }
}
