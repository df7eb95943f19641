import { type ExitCode, exitCodes } from './exit-codes.ts';

/** What kept the process from starting, when it is the surroundings' fault and not ours. */
type StartupErrorCode =
  | 'ADDRESS_NOT_USABLE'
  | 'CLUSTER_NOT_USABLE'
  | 'DATA_NOT_USABLE'
  | 'DATA_IN_USE'
  | 'GIT_NOT_USABLE'
  | 'HOST_KEY_NOT_USABLE'
  | 'LINK_KEYS_NOT_USABLE'
  | 'MANIFESTS_NOT_READABLE'
  | 'REPOSITORY_SERVER_NOT_STARTED';

/** Ends the process with a message for people, which says what to do; they are shown no stack. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
  readonly code: StartupErrorCode;
  readonly exitCode: ExitCode = exitCodes.usage;

  constructor(code: StartupErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Says why a file or an address could not be used, in words where the error code alone is for insiders. */
export function explainSystemError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const words: Readonly<Record<string, string>> = {
    EACCES: 'permission denied',
    EADDRINUSE: 'the address is in use by another program',
    EADDRNOTAVAIL: 'this machine has no such address',
    EEXIST: 'something else is there already',
    EISDIR: 'it is a folder',
    ELOOP: 'its symbolic links go round in circles',
    EMFILE: 'too many open files',
    ENAMETOOLONG: 'the name is too long',
    ENOENT: 'no such file or folder',
    ENOSPC: 'no space left on the device',
    ENOTDIR: 'it is not a folder',
    ENOTFOUND: 'no such host',
    EPERM: 'operation not permitted',
    EROFS: 'the file system is read-only',
  };
  return (code !== undefined && words[code]) || code || message || String(error);
}
