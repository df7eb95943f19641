import { readFileSync, statSync } from 'node:fs';
import { err, ok, type Result } from '../../core/result.ts';
import { configVariable, readEnvironmentSettings } from './environment-settings.ts';
import { readFileSettings } from './file-settings.ts';
import { type Accepted, readFlagSettings } from './flag-settings.ts';
import { optionByField } from './options.ts';
import { type Config, configSchema } from './schema.ts';
import { type ConfigProblem, quote, type Setting, type Settings } from './settings.ts';

export type ConfigRequest = {
  readonly accepted: Accepted;
  /** Fields without a default that this subcommand cannot do without. */
  readonly required?: readonly string[];
  /** What follows the subcommand. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
};

export type CommandLine = {
  readonly config: Config;
  /** Who gave an option its value: 3 for a flag, 2 for a variable, 1 for the file, 0 for nobody. The higher one counts. */
  readonly precedenceOf: (field: string) => 0 | 1 | 2 | 3;
  /** Values of the subcommand's own flags, e.g. `--user`. */
  readonly own: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
};

const maxFileBytes = 2 ** 20;

/**
 * Puts the configuration together: a flag goes before a variable, that before a field of the file, that before the
 * default. Every value is checked, used by this subcommand or not, and every problem is named. `'help'`: it was asked
 * for, and nothing was checked.
 */
export function loadConfig(request: ConfigRequest): Result<CommandLine | 'help', readonly ConfigProblem[]> {
  const flags = readFlagSettings(request.argv, request.accepted);
  if (flags.help) return ok('help');
  const environment = readEnvironmentSettings(request.environment);
  const file = readConfigFile(flags.configFile ?? request.environment[configVariable]);
  const settings = new Map([...file.values, ...environment.values, ...flags.values]);
  const config = configSchema.safeParse(nest(settings), { reportInput: true });
  const problems = [
    ...flags.problems,
    ...environment.problems,
    ...file.problems,
    ...(config.success ? [] : config.error.issues.map((issue) => describe(issue, settings))),
    ...missing(request, settings),
  ];
  if (!config.success || problems.length > 0) return err(problems);
  const precedenceOf: CommandLine['precedenceOf'] = (field) => {
    if (flags.values.has(field)) return 3;
    if (environment.values.has(field)) return 2;
    return file.values.has(field) ? 1 : 0;
  };
  return ok({ config: config.data, precedenceOf, own: flags.own, positionals: flags.positionals });
}

function readConfigFile(name: string | undefined): Settings {
  if (!name) return { values: new Map(), problems: [] };
  const unreadable = (message: string): Settings => ({ values: new Map(), problems: [{ origin: name, message }] });
  try {
    // The size is asked for first: a device or an endless pipe would otherwise be read for ever.
    const found = statSync(name);
    if (!found.isFile()) return unreadable('is not a file');
    if (found.size > maxFileBytes) return unreadable('is larger than 1 MiB');
    return readFileSettings(readFileSync(name, 'utf8'), name);
  } catch (error) {
    return unreadable(`cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}

/** `{'ssh.listen': x}` to `{ssh: {listen: x}}`. Fields come from the schema, so no key can be `__proto__`. */
function nest(settings: ReadonlyMap<string, Setting>): object {
  const root: Record<string, unknown> = {};
  for (const [field, { value }] of settings) {
    const path = field.split('.');
    const leaf = path.pop() ?? '';
    let node = root;
    for (const key of path) {
      node[key] ??= {};
      node = node[key] as Record<string, unknown>;
    }
    node[leaf] = value;
  }
  return root;
}

function describe(
  issue: { readonly path: readonly PropertyKey[]; readonly message: string },
  settings: ReadonlyMap<string, Setting>,
): ConfigProblem {
  const field = [...optionByField.keys()].find((key) => `${issue.path.join('.')}.`.startsWith(`${key}.`));
  const setting = field === undefined ? undefined : settings.get(field);
  if (setting === undefined) return { origin: issue.path.join('.'), message: issue.message };
  return { origin: setting.origin, message: `${quote(setting.value)}: ${issue.message}` };
}

const missing = (request: ConfigRequest, settings: ReadonlyMap<string, Setting>): readonly ConfigProblem[] =>
  (request.required ?? []).flatMap((field) => {
    const option = optionByField.get(field);
    if (option === undefined || settings.has(field)) return [];
    return [{ origin: `flag ${option.flag}`, message: `is needed: ${option.description}` }];
  });
