/** A command line, taken apart but not understood. */
export type ParsedArguments = {
  /** In order. A flag without a value has `value: undefined`. */
  readonly flags: readonly { readonly flag: string; readonly value: string | undefined }[];
  readonly positionals: readonly string[];
};

/**
 * Takes `--flag VALUE` and `--flag=VALUE` apart; after `--`, everything is positional. `switches` are flags that take
 * no value (`--help`); all others take one, which begins with `--` only in the form with `=`.
 */
export function parseArguments(argv: readonly string[], switches: ReadonlySet<string>): ParsedArguments {
  const flags: { flag: string; value: string | undefined }[] = [];
  const positionals: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    if (argument === '--') return { flags, positionals: [...positionals, ...argv.slice(index + 1)] };
    if (!argument.startsWith('-') || argument === '-') {
      positionals.push(argument);
      continue;
    }
    const equals = argument.indexOf('=');
    if (equals !== -1) flags.push({ flag: argument.slice(0, equals), value: argument.slice(equals + 1) });
    else if (switches.has(argument)) flags.push({ flag: argument, value: undefined });
    else {
      const next = argv[index + 1];
      const value = next === undefined || next.startsWith('--') ? undefined : next;
      if (value !== undefined) index++;
      flags.push({ flag: argument, value });
    }
  }
  return { flags, positionals };
}
