/** What the process tells its caller; the same for every subcommand. */
export const exitCodes = {
  /** Did what was asked. `can-i`: allowed. */
  good: 0,
  /** Failed, or was ended by force. `check`: an object is not accepted. `can-i`: denied. */
  failed: 1,
  /** Wrong usage or configuration; nothing was started. */
  usage: 2,
  /** `can-i`: could not tell. */
  unknown: 3,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
