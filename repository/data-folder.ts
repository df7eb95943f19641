import { readdir } from 'node:fs/promises';
import { makeFolder } from '../runtime/make-folder.ts';
import { explainSystemError, StartupError } from '../runtime/startup-error.ts';

/** Makes a folder that holds data, for its owner alone, or sees that it can be read. Throws a `StartupError`. */
export async function openFolder(path: string): Promise<void> {
  try {
    await makeFolder(path);
    await readdir(path);
  } catch (cause) {
    const message = `the data folder ${path} cannot be used: ${explainSystemError(cause)}`;
    throw new StartupError('DATA_NOT_USABLE', message, { cause });
  }
}
