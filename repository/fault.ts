/**
 * - `GitMissing`, `GitTooOld`: the server cannot start; its surroundings are to be mended.
 * - `DataFolderInUse`: another server of the same data folder is alive.
 * - `CannotListen`: the address is in use, or may not be used.
 * - `ForeignSettings`: a repository holds settings that were not made here, and that could run programs.
 */
export type ServerFaultCode = 'GitMissing' | 'GitTooOld' | 'DataFolderInUse' | 'CannotListen' | 'ForeignSettings';

/** `message` says what to do; for operators. */
export class ServerFault extends Error {
  override readonly name = 'ServerFault';
  readonly code: ServerFaultCode;

  constructor(code: ServerFaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
