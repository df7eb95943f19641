import { nearest } from '../../core/nearest.ts';
import { type ParsedArguments, parseArguments } from './arguments.ts';
import { type Option, options } from './options.ts';
import type { ConfigProblem, Setting, Settings } from './settings.ts';

/** What a subcommand takes on its command line. */
export type Accepted = {
  /** Fields or groups of options: `manifests`, `ssh`. */
  readonly options: readonly string[];
  readonly ownFlags?: readonly OwnFlag[];
};

/** A flag of one subcommand alone, no part of the configuration: `--user`. Without a placeholder it takes no value. */
export type OwnFlag = { readonly flag: string; readonly placeholder?: string; readonly description: string };

type FlagSettings = Settings & {
  readonly configFile: string | undefined;
  readonly help: boolean;
  /** Values of the subcommand's own flags. */
  readonly own: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
};

export const acceptedOptions = (accepted: Accepted): readonly Option[] =>
  options.filter(({ field }) => accepted.options.some((name) => field === name || field.startsWith(`${name}.`)));

/** Every subcommand takes it. */
export const configFlag = {
  flag: '--config',
  placeholder: 'FILE',
  description: 'Reads options from a YAML file. (GIT_INGRESS_CONFIG)',
} as const satisfies OwnFlag;

const helpFlags: ReadonlySet<string> = new Set(['--help', '-h']);

/** Reads a command line. Flags that the subcommand does not take, and flags without a value, are problems. */
export function readFlagSettings(argv: readonly string[], accepted: Accepted): FlagSettings {
  const ownSwitches = (accepted.ownFlags ?? []).flatMap(({ flag, placeholder }) => (placeholder ? [] : [flag]));
  const { flags, positionals } = parseArguments(argv, new Set([...helpFlags, ...ownSwitches]));
  const byFlag = new Map(acceptedOptions(accepted).map((option) => [option.flag, option]));
  const ownFlags = new Map([...(accepted.ownFlags ?? []), configFlag].map((own) => [own.flag, own]));
  const values = new Map<string, Setting>();
  const own = new Map<string, string>();
  const problems: ConfigProblem[] = [];
  for (const { flag, value } of flags) {
    if (helpFlags.has(flag)) continue;
    const origin = `flag ${flag}`;
    const problem = (message: string) => problems.push({ origin, message });
    const option = byFlag.get(flag);
    if (option === undefined && !ownFlags.has(flag)) problem(unknownFlag(flag, [...byFlag.keys(), ...ownFlags.keys()]));
    else if (ownSwitches.includes(flag)) own.set(flag, 'true');
    else if (value === undefined) problem(`needs a value: ${(option ?? ownFlags.get(flag))?.placeholder}`);
    else if (option === undefined) own.has(flag) ? problem('is given twice') : own.set(flag, value);
    else if (!values.has(option.field)) values.set(option.field, { origin, value });
    else if (option.list) values.set(option.field, { origin, value: `${values.get(option.field)?.value},${value}` });
    else problem('is given twice');
  }
  return { values, problems, own, positionals, configFile: own.get('--config'), help: hasSwitch(flags) };
}

const hasSwitch = (flags: ParsedArguments['flags']): boolean => flags.some(({ flag }) => helpFlags.has(flag));

function unknownFlag(flag: string, known: readonly string[]): string {
  if (options.some((option) => option.flag === flag)) return 'is a flag of another subcommand';
  const meant = nearest(flag, known);
  return meant === undefined ? 'unknown flag' : `unknown flag; did you mean ${meant}?`;
}
