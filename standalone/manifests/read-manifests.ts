import { join, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ManifestFile, readManifestFile } from './manifest-file.ts';
import { type Manifests, mergeFiles, noManifests } from './manifests.ts';
import { type FoundFolder, isSameWalk, type Walk, walkManifests } from './walk.ts';

const maxAttempts = 5;

/**
 * Reads a folder of manifests (or a single file), and only those of its files that were written to or replaced since
 * `previous`. What is read is one state of the folder: if it changed meanwhile, it is read again, so that no object is
 * missed while files are swapped. After five attempts the last one is taken, for a folder that never rests must not
 * hold back a revocation. A folder that cannot be read keeps what it last said. Rejects with the signal's reason once
 * that is aborted, and never otherwise.
 */
export async function readManifests(
  directory: string,
  previous: Manifests = noManifests,
  signal?: AbortSignal,
): Promise<Manifests> {
  let known: ReadonlyMap<string, ManifestFile> = new Map();
  let walk = await walkManifests(directory, signal);
  for (let attempt = 1; walk.ok; attempt++) {
    if (isUnchanged(walk.value, previous)) return previous;
    known = await readFiles(walk.value, previous.files, known, signal);
    const again = await walkManifests(directory, signal);
    const isStable = again.ok && isSameWalk(walk.value, again.value);
    if (isStable || attempt === maxAttempts) return mergeFiles(known, walk.value.unreadable, true);
    await sleep(attempt * 10);
    walk = await walkManifests(directory, signal);
  }
  return mergeFiles(previous.files, [{ path: directory, message: `cannot be read: ${walk.error}` }], false);
}

/** Whether `readManifests` would have something to read; and the folders as they are now. Rejects as that does. */
export async function lookAtManifests(
  directory: string,
  previous: Manifests,
  signal?: AbortSignal,
): Promise<{ readonly isChanged: boolean; readonly folders: readonly FoundFolder[] }> {
  const walk = await walkManifests(directory, signal);
  if (!walk.ok) return { isChanged: previous.isCurrent, folders: [] };
  return { isChanged: !isUnchanged(walk.value, previous), folders: walk.value.folders };
}

function isUnchanged(walk: Walk, previous: Manifests): boolean {
  if (!previous.isCurrent || previous === noManifests) return false;
  if (JSON.stringify(walk.unreadable) !== JSON.stringify(previous.unreadable)) return false;
  if (walk.files.length !== previous.files.size) {
    const found = new Set(walk.files.map(({ path }) => path));
    if ([...previous.files.keys()].some((path) => !found.has(path) && !isInUnreadable(walk, path))) return false;
  }
  return walk.files.every(({ path, identity }) => {
    const file = previous.files.get(path);
    return file !== undefined && file.identity === identity && file.isSettled;
  });
}

async function readFiles(
  walk: Walk,
  previous: ReadonlyMap<string, ManifestFile>,
  attempted: ReadonlyMap<string, ManifestFile>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, ManifestFile>> {
  const files = new Map<string, ManifestFile>();
  for (const found of walk.files) {
    const before = previous.get(found.path);
    const known = [attempted.get(found.path), before].find(
      (file) => file !== undefined && file.identity === found.identity && file.isSettled,
    );
    const file = known ?? (await readManifestFile(found, before, signal));
    if (file !== undefined) files.set(found.path, file);
  }
  const kept = [...previous].filter(([path]) => !files.has(path) && isInUnreadable(walk, path));
  if (kept.length === 0) return files;
  return new Map([...files, ...kept].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A file below a folder that cannot be looked into may still be there: it is not taken for removed. */
const isInUnreadable = (walk: Walk, file: string): boolean =>
  walk.unreadable.some(({ path }) => file === path || file.startsWith(join(path, sep)));
