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
const maxUnreadable = 100;

/**
 * Lists the manifests of a folder and of the folders below it. Symbolic links are followed: a Kubernetes mount is made
 * of links to `..data/…`, itself a link that is replaced to swap all files at once. Hidden names are passed over; so are
 * those of editors' temporary files, none of which ends in .yaml, .yml or .json without being hidden. `root` may be a
 * single file. Fails if the root itself cannot be read.
 */
export async function walkManifests(root: string): Promise<Result<Walk, string>> {
  const found = {
    files: [] as FoundFile[],
    folders: [] as FoundFolder[],
    unreadable: [] as Walk['unreadable'][number][],
  };

  const visit = async (path: string, depth: number, above: readonly string[], isNamed: boolean): Promise<void> => {
    const stats = await stat(path, { bigint: true });
    const inode = `${stats.dev}:${stats.ino}`;
    if (stats.isDirectory()) {
      if (above.includes(inode)) return;
      if (depth > maxDepth) return skip(path, `is more than ${maxDepth} folders deep`);
      found.folders.push({ path, identity: inode });
      for (const name of (await readdir(path)).sort()) {
        if (name.startsWith('.') || name === 'lost+found') continue;
        await visit(join(path, name), depth + 1, [...above, inode], false).catch((error) =>
          tolerate(join(path, name), error),
        );
      }
    } else if (stats.isFile() && (isNamed || isManifestName(path))) {
      if (found.files.length === maxFiles) return skip(root, `has more than ${maxFiles} files; the rest is left out`);
      // The change time cannot be set by a program, as the modification time can; with it, no write goes unseen.
      const identity = `${inode}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
      const changedAt = Number(stats.ctimeMs > stats.mtimeMs ? stats.ctimeMs : stats.mtimeMs);
      found.files.push({ path, identity, bytes: Number(stats.size), changedAt });
    }
  };

  const skip = (path: string, message: string): void => {
    const isKnown = found.unreadable.some((each) => each.path === path && each.message === message);
    if (!isKnown && found.unreadable.length < maxUnreadable) found.unreadable.push({ path, message });
  };
  const tolerate = (path: string, error: unknown): void => {
    // Removed since it was listed, or a link to nothing: as good as never there.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') skip(path, `cannot be read: ${explainSystemError(error)}`);
  };

  try {
    await visit(root, 0, [], true);
  } catch (error) {
    return err(explainSystemError(error));
  }
  found.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return ok(found);
}

const isManifestName = (path: string): boolean => /\.(ya?ml|json)$/i.test(path);

/** Whether two walks saw the same files in the same state. */
export const isSameWalk = (a: Walk, b: Walk): boolean =>
  a.files.length === b.files.length &&
  a.unreadable.length === b.unreadable.length &&
  a.files.every((file, at) => file.path === b.files[at]?.path && file.identity === b.files[at].identity);
