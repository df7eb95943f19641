import { execFile } from 'node:child_process';
import { lstat, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type SessionOrder, uidPattern } from '../core/link/ticket-content.ts';
import { openFolder } from './data-folder.ts';
import { replaceFile, syncPath, syncTree } from './durable-files.ts';
import type { EventSink } from './events.ts';
import { checkSettings } from './foreign-settings.ts';
import { removeInterruptedFiles } from './interrupted-files.ts';
import { refuseSymbolicRefs } from './symbolic-refs.ts';

type RepositoryOrder = SessionOrder['repository'];

export interface RepositoryStore {
  /** Makes the repository ready for a session, creating it if need be. Gives the path of its bare repository. */
  prepare(order: RepositoryOrder): Promise<string>;
  /** Removes what a killed git left in a repository that was made ready. Only while no git writes in it. */
  clean(uid: string): Promise<void>;
}

type RepositoryStoreOptions = {
  readonly dataDir: string;
  readonly git: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly onEvent: EventSink;
};

/** Name of a folder that is being filled; only its rename makes it a repository. */
const unfinishedPrefix = '.new-';

/**
 * Keeps each repository in `repositories/UID`: `repository.git`, and `owner.json`, which says whose it is. Named by UID,
 * it stays where it is when its path changes, and a name that is taken anew never shows what was there before. Throws a
 * `StartupError` if the folder cannot be used.
 */
export async function createRepositoryStore(options: RepositoryStoreOptions): Promise<RepositoryStore> {
  const { dataDir, git, environment, onEvent } = options;
  const root = join(dataDir, 'repositories');
  await openFolder(root);
  await removeUnfinished(root);
  /** UIDs of what had a session in this server's life: git may run in them. */
  const opened = new Set<string>();
  /** What each was last made ready as; one preparation of a repository at a time. */
  const prepared = new Map<string, Promise<RepositoryOrder>>();

  async function create(order: RepositoryOrder): Promise<void> {
    const folder = await mkdtemp(join(root, unfinishedPrefix));
    try {
      const bare = join(folder, 'repository.git');
      const init = ['init', '--quiet', '--bare', '--template=', `--initial-branch=${order.defaultBranch}`, '--', bare];
      await promisify(execFile)(git, init, { env: environment, cwd: '/', timeout: 60_000 });
      await writeFile(join(folder, 'owner.json'), formatOwner(order));
      await writeFile(join(bare, 'description'), formatDescription(order));
      await syncTree(folder);
      await rename(folder, join(root, order.uid));
      await syncPath(root);
      onEvent({ type: 'RepositoryCreated', uid: order.uid });
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      // Another server of the same volume was faster: its repository is as good.
      if (!isErrorCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    }
  }

  /** Before its first session in this server's life, so that no git runs in it. */
  async function open(order: RepositoryOrder): Promise<void> {
    const folder = join(root, order.uid);
    if (!(await isFolder(folder))) return create(order);
    await checkSettings(join(folder, 'repository.git'));
    await refuseSymbolicRefs(join(folder, 'repository.git'), { git, environment });
    await clean(order.uid);
  }

  async function clean(uid: string): Promise<void> {
    const files = await removeInterruptedFiles(join(root, uid, 'repository.git'));
    if (files > 0) onEvent({ type: 'StaleFilesRemoved', uid, files });
  }

  /** The three files hold what the Repository said when they were written. */
  async function follow(order: RepositoryOrder): Promise<void> {
    const folder = join(root, order.uid);
    const bare = join(folder, 'repository.git');
    await replaceIfDifferent(join(bare, 'HEAD'), `ref: refs/heads/${order.defaultBranch}\n`);
    await replaceIfDifferent(join(bare, 'description'), formatDescription(order));
    await replaceIfDifferent(join(folder, 'owner.json'), formatOwner(order));
  }

  async function prepareAfter(previous: Promise<RepositoryOrder> | undefined, order: RepositoryOrder) {
    const known = await previous?.catch(() => undefined);
    if (known !== undefined && isSame(known, order)) return known;
    if (!opened.has(order.uid)) await open(order);
    opened.add(order.uid);
    await follow(order);
    return order;
  }

  return {
    clean,
    async prepare(order) {
      if (!uidPattern.test(order.uid)) throw new Error('not a UID');
      const preparation = prepareAfter(prepared.get(order.uid), order);
      prepared.set(order.uid, preparation);
      preparation.catch(() => {
        if (prepared.get(order.uid) === preparation) prepared.delete(order.uid);
      });
      await preparation;
      return join(root, order.uid, 'repository.git');
    },
  };
}

const formatOwner = ({ namespace, name, uid }: RepositoryOrder): string =>
  `${JSON.stringify({ namespace, name, uid }, null, 2)}\n`;

const formatDescription = ({ description }: RepositoryOrder): string =>
  description === undefined ? '' : `${description}\n`;

const isSame = (a: RepositoryOrder, b: RepositoryOrder): boolean =>
  a.defaultBranch === b.defaultBranch &&
  a.description === b.description &&
  a.namespace === b.namespace &&
  a.name === b.name;

async function removeUnfinished(root: string): Promise<void> {
  const unfinished = (await readdir(root)).filter((name) => name.startsWith(unfinishedPrefix));
  for (const name of unfinished) await rm(join(root, name), { recursive: true, force: true });
}

async function replaceIfDifferent(path: string, content: string): Promise<void> {
  const current = await readFile(path, 'utf8').catch(() => undefined);
  if (current !== content) await replaceFile(path, content);
}

/** A link is none: it could lead anywhere. */
async function isFolder(path: string): Promise<boolean> {
  try {
    const entry = await lstat(path);
    if (entry.isDirectory()) return true;
    throw new Error(`${path} is not a folder`);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return false;
    throw error;
  }
}

const isErrorCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '');
