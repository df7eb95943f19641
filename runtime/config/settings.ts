/** A value that somebody gave to an option, not yet understood. */
export type Setting = {
  /** How to name the place to whoever wrote it: `flag --ssh-listen`. */
  readonly origin: string;
  readonly value: unknown;
};

/** Something wrong in the configuration: where, what, and what is expected instead. */
export type ConfigProblem = { readonly origin: string; readonly message: string };

/** What one source says, by the option's field. */
export type Settings = {
  readonly values: ReadonlyMap<string, Setting>;
  readonly problems: readonly ConfigProblem[];
};

/** For messages: as it was written, at most 60 characters, on one line. */
export const quote = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 62 ? `${text.slice(0, 60)}…` : text;
};
