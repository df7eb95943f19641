import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '../../core/result.ts';
import { explainSystemError } from '../../runtime/startup-error.ts';

export type FoundFile = {
  readonly path: string;
  /** The same as long as nobody has written to the file or put another in its place. */
  readonly identity: string;
  readonly bytes: number;
  /** When it was last written to, renamed or linked: milliseconds since 1970. */
  readonly changedAt: number;
};

export type FoundFolder = { readonly path: string; readonly identity: string };

/** A folder of manifests as it was found, without what is in the files. */
export type Walk = {
  /** In the order of their paths, so that the first of two objects with one name is always the same one. */
  readonly files: readonly FoundFile[];
  /** The root and every folder below it. */
  readonly folders: readonly FoundFolder[];
  /** Parts that could not be looked into, and why. */
  readonly unreadable: readonly { readonly path: string; readonly message: string }[];
};

const maxDepth = 16;
const maxFiles = 20_000;
const maxFolders = 10_000;
const maxUnreadable = 100;

/**
 * Lists the manifests of a folder and of the folders below it. Symbolic links are followed: a Kubernetes mount is made
 * of links to `..data/…`, itself a link that is replaced to swap all files at once. A folder that several paths lead to
 * is listed once, by the shortest of them. Hidden names are passed over; so are those of editors' temporary files, none
 * of which ends in .yaml, .yml or .json without being hidden. `root` may be a single file. Fails if the root itself
 * cannot be read; rejects with the signal's reason once that is aborted, and never otherwise.
 */
export async function walkManifests(root: string, signal?: AbortSignal): Promise<Result<Walk, string>> {
  const files: FoundFile[] = [];
  const folders: FoundFolder[] = [];
  const unreadable: Walk['unreadable'][number][] = [];
  // Links between folders make paths without end, and exponentially many before that, but no folder more.
  const known = new Set<string>();
  // In order of depth, so that a folder is too deep only if no path to it is short enough.
  const pending: { readonly path: string; readonly depth: number }[] = [];

  const look = async (path: string, depth: number): Promise<void> => {
    const stats = await stat(path, { bigint: true });
    const inode = `${stats.dev}:${stats.ino}`;
    if (stats.isDirectory()) {
      if (known.has(inode)) return;
      if (depth > maxDepth) return skip(path, `is more than ${maxDepth} folders deep`);
      if (known.size === maxFolders) return skip(root, `has more than ${maxFolders} folders; the rest is left out`);
      known.add(inode);
      folders.push({ path, identity: inode });
      pending.push({ path, depth });
    } else if (stats.isFile() && (depth === 0 || isManifestName(path))) {
      if (files.length === maxFiles) return skip(root, `has more than ${maxFiles} files; the rest is left out`);
      // The change time cannot be set by a program, as the modification time can; with it, no write goes unseen.
      const identity = `${inode}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
      const changedAt = Number(stats.ctimeMs > stats.mtimeMs ? stats.ctimeMs : stats.mtimeMs);
      files.push({ path, identity, bytes: Number(stats.size), changedAt });
    }
  };

  const skip = (path: string, message: string): void => {
    const isKnown = unreadable.some((each) => each.path === path && each.message === message);
    if (!isKnown && unreadable.length < maxUnreadable) unreadable.push({ path, message });
  };
  const tolerate = (path: string, error: unknown): void => {
    // Removed since it was listed, or a link to nothing: as good as never there.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') skip(path, `cannot be read: ${explainSystemError(error)}`);
  };

  try {
    await look(root, 0);
  } catch (error) {
    return err(explainSystemError(error));
  }
  for (let folder = pending.shift(); folder !== undefined; folder = pending.shift()) {
    const { path, depth } = folder;
    signal?.throwIfAborted();
    let entries: string[];
    try {
      entries = await readdir(path);
    } catch (error) {
      if (depth === 0) return err(explainSystemError(error));
      tolerate(path, error);
      continue;
    }
    for (const name of entries.sort()) {
      signal?.throwIfAborted();
      if (name.startsWith('.') || name === 'lost+found') continue;
      await look(join(path, name), depth + 1).catch((error) => tolerate(join(path, name), error));
    }
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return ok({ files, folders, unreadable });
}

/** For people: which of the files in a folder are manifests. */
export const whatIsRead = 'files that end in .yaml, .yml or .json are read, those whose names begin with a dot are not';

const isManifestName = (path: string): boolean => /\.(ya?ml|json)$/i.test(path);

/** Whether two walks saw the same files in the same state. */
export const isSameWalk = (a: Walk, b: Walk): boolean =>
  a.files.length === b.files.length &&
  a.unreadable.length === b.unreadable.length &&
  a.files.every((file, at) => file.path === b.files[at]?.path && file.identity === b.files[at].identity);
