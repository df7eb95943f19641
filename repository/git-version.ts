import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ServerFault } from './fault.ts';

/** `core.fsync`, on which durability rests, came with it. */
const oldest = [2, 36] as const;

/** The version of `git`, such as `2.39.5`. Throws `GitMissing` or `GitTooOld`. */
export async function checkGitVersion(git: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const output = await readVersion(git, environment);
  const [, version = '', major = 0, minor = 0] = /^git version ((\d+)\.(\d+)\S*)/.exec(output) ?? [];
  if (version === '') throw new ServerFault('GitMissing', `${git} is not git: it answers ${JSON.stringify(output)}`);
  const recent = Number(major) > oldest[0] || (Number(major) === oldest[0] && Number(minor) >= oldest[1]);
  if (recent) return version;
  throw new ServerFault('GitTooOld', `git ${version} is too old; install git ${oldest.join('.')} or newer`);
}

async function readVersion(git: string, env: Readonly<Record<string, string>>): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(git, ['--version'], { env, timeout: 10_000, maxBuffer: 4096 });
    return stdout.trim().slice(0, 200);
  } catch (cause) {
    throw new ServerFault('GitMissing', `git cannot be run (${git}); install git ${oldest.join('.')} or newer`, {
      cause,
    });
  }
}
