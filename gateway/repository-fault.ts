/**
 * Whose fault it is that a session did not come about, or did not end as it should.
 * - `Unreachable`: the repository server does not answer, or is about to end.
 * - `Busy`: it answers, and has as many sessions waiting as it takes.
 * - `Rejected`: it did not accept our ticket: gateway and server are not set up for each other.
 * - `Failed`: it could not make the repository ready or start git.
 * - `Lost`: the connection to it broke while the session ran.
 * - `Cancelled`: the session was given up before git ran.
 */
export type RepositoryFaultCode = 'Unreachable' | 'Busy' | 'Rejected' | 'Failed' | 'Lost' | 'Cancelled';

/** `message` is fit for the user's eyes; what only operators need is in `cause`. */
export class RepositoryFault extends Error {
  override readonly name = 'RepositoryFault';
  readonly code: RepositoryFaultCode;

  constructor(code: RepositoryFaultCode, options?: { readonly message?: string; readonly cause?: unknown }) {
    super(options?.message ?? messages[code], options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}

const messages: Readonly<Record<RepositoryFaultCode, string>> = {
  Unreachable: 'the repository server cannot be reached; try again in a moment',
  Busy: 'the repository server is busy; try again in a moment',
  Rejected: 'the repository server does not accept sessions from this gateway',
  Failed: 'the repository server could not start the session',
  Lost: 'the connection to the repository server was lost',
  Cancelled: 'the session was given up',
};
