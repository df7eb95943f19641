import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { StartupError } from '../runtime/startup-error.ts';

/** `core.fsync`, on which durability rests, came with it. */
const oldest = [2, 36] as const;

/** The version of `git`, such as `2.39.5`. Throws a `StartupError` if there is none, or too old a one. */
export async function checkGitVersion(git: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const output = await readVersion(git, environment);
  const [, version = '', major = 0, minor = 0] = /^git version ((\d+)\.(\d+)\S*)/.exec(output) ?? [];
  if (version === '') throw refuse(`${git} is not git: it answers ${JSON.stringify(output)}`);
  const recent = Number(major) > oldest[0] || (Number(major) === oldest[0] && Number(minor) >= oldest[1]);
  if (recent) return version;
  throw refuse(`git ${version} is too old; install git ${oldest.join('.')} or newer`);
}

async function readVersion(git: string, env: Readonly<Record<string, string>>): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(git, ['--version'], { env, timeout: 10_000, maxBuffer: 4096 });
    return stdout.trim().slice(0, 200);
  } catch (cause) {
    throw refuse(`git cannot be run (${git}); install git ${oldest.join('.')} or newer`, cause);
  }
}

const refuse = (message: string, cause?: unknown): StartupError =>
  new StartupError('GIT_NOT_USABLE', message, { cause });
