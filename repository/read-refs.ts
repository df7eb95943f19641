import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Gives the object names of those refs of a bare repository that exist. Rejects if git cannot tell within 5 s. */
export type ReadRefs = (repository: string, refs: readonly string[]) => Promise<ReadonlyMap<string, string>>;

type ReadRefsOptions = { readonly git: string; readonly environment: Readonly<Record<string, string>> };

const timeLimitMs = 5_000;

/** Up to here git looks for the refs by name; more would not fit into a command line. */
const maxNamed = 100;

export const createReadRefs =
  ({ git, environment }: ReadRefsOptions): ReadRefs =>
  async (repository, refs) => {
    const wanted = new Set(refs);
    const patterns = refs.length <= maxNamed ? refs : [];
    const words = ['--git-dir', repository, 'for-each-ref', '--format=%(objectname) %(refname)', '--', ...patterns];
    const child = spawn(git, words, {
      env: environment,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'ignore'],
      signal: AbortSignal.timeout(timeLimitMs),
      killSignal: 'SIGKILL',
    });
    const closed = once(child, 'close');
    closed.catch(() => {});
    const values = new Map<string, string>();
    for await (const line of createInterface(child.stdout)) {
      // A pattern also stands for what is below it.
      const [value = '', ref = ''] = line.split(' ');
      if (wanted.has(ref)) values.set(ref, value);
    }
    const [status] = (await closed) as [number | null];
    if (status !== 0) throw new Error(`git for-each-ref ended with ${status}`);
    return values;
  };
