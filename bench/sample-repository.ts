import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { runGit } from './git-client.ts';
import type { Workspace } from './workspace.ts';

/**
 * Makes a bare repository of one commit on `main` and one pack, with `megabytes` files of 1 MB of random bytes: nothing
 * in it can be compressed, so what travels is what is measured. Returns its folder.
 */
export const makeSampleRepository = async (workspace: Workspace, megabytes: number): Promise<string> => {
  const folder = join(workspace.makeFolder(`sample-${megabytes}`), 'repository.git');
  await runGit(workspace, undefined, ['init', '--quiet', '--bare', '-b', 'main', folder]);
  const fastImport = spawn('git', ['-C', folder, '-c', 'core.compression=0', 'fast-import', '--quiet', '--depth=0'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(fastImport, 'exit');
  const write = async (part: string | Buffer): Promise<void> => {
    if (!fastImport.stdin.write(part)) await once(fastImport.stdin, 'drain');
  };
  await write('commit refs/heads/main\ncommitter Bench <bench@example.com> 1700000000 +0000\ndata 6\nsample\n');
  for (let file = 0; file < megabytes; file++) {
    await write(`M 100644 inline ${file % 16}/file-${file}\ndata 1000000\n`);
    await write(randomBytes(1_000_000));
    await write('\n');
  }
  fastImport.stdin.end();
  const [status] = await ended;
  if (status !== 0) throw new Error(`git fast-import ended with ${status}`);
  return folder;
};
