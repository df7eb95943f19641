import { type FSWatcher, watch } from 'node:fs';
import type { FoundFolder } from './walk.ts';

/** The operating system's notices that something in a folder changed. They may come late, twice, or never. */
export type ChangeHints = {
  /** Watches these folders and no others. */
  follow(folders: readonly FoundFolder[]): void;
  close(): void;
};

/** Each folder takes one of the user's inotify watches, of which other programs need some too. */
const maxFolders = 1_000;

/**
 * Folders are watched one by one: Node's own recursive mode on Linux follows no symbolic links, and does not notice
 * when a folder is replaced by another of the same name.
 */
export function createChangeHints(onHint: () => void): ChangeHints {
  const watchers = new Map<string, { readonly identity: string; readonly watcher: FSWatcher }>();

  const drop = (path: string): void => {
    watchers.get(path)?.watcher.close();
    watchers.delete(path);
  };

  const start = ({ path, identity }: FoundFolder): void => {
    try {
      const watcher = watch(path, { persistent: false }, onHint);
      // Without hints, polling goes on.
      watcher.on('error', () => drop(path));
      watchers.set(path, { identity, watcher });
    } catch {
      drop(path);
    }
  };

  return {
    follow(folders) {
      const wanted = new Map(folders.slice(0, maxFolders).map((folder) => [folder.path, folder]));
      for (const [path, { identity }] of watchers) if (wanted.get(path)?.identity !== identity) drop(path);
      for (const folder of wanted.values()) if (!watchers.has(folder.path)) start(folder);
    },
    close() {
      for (const path of [...watchers.keys()]) drop(path);
    },
  };
}
