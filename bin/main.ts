import { flushCompileCache } from 'node:module';
import { nearest } from '../core/nearest.ts';
import { formatOptions, formatOwnFlags } from '../runtime/config/help.ts';
import { loadConfig } from '../runtime/config/load-config.ts';
import { type ExitCode, exitCodes } from '../runtime/exit-codes.ts';
import { version } from '../runtime/version.ts';
import { type Command, commands } from './commands.ts';

// `git-ingress check | head` ends when head has seen enough.
process.stdout.on('error', () => process.exit(exitCodes.failed));

process.exitCode = await main(process.argv.slice(2));

async function main([name, ...argv]: readonly string[]): Promise<ExitCode> {
  if (name === '--help' || name === '-h' || name === 'help') return print(overview());
  if (name === '--version' || name === 'version') return print(`git-ingress ${version}`);
  const command = commands.find((each) => each.name === name);
  if (command === undefined) return refuse('git-ingress', [explainUnknown(name)]);
  const line = loadConfig({ ...command, argv, environment: process.env });
  const prefix = `git-ingress ${command.name}`;
  if (!line.ok) {
    const problems = line.error.map(({ origin, message }) => `${origin}: ${message}`);
    return refuse(prefix, problems);
  }
  if (line.value === 'help') return print(describe(command));
  const { positionals } = line.value;
  const { min, max } = command.positionals;
  if (positionals.length < min) return refuse(prefix, [`expected ${command.usage}`]);
  if (positionals.length > max) return refuse(prefix, [`unexpected ${JSON.stringify(positionals[max])}`]);
  const run = await command.load();
  // Else it is written at the end of the process alone, which a server may not live to see.
  flushCompileCache();
  return run(line.value);
}

function print(text: string): ExitCode {
  process.stdout.write(`${text}\n`);
  return exitCodes.good;
}

function refuse(prefix: string, problems: readonly string[]): ExitCode {
  for (const problem of problems) process.stderr.write(`${prefix}: ${problem}\n`);
  process.stderr.write(`Try: ${prefix} --help\n`);
  return exitCodes.usage;
}

function explainUnknown(name: string | undefined): string {
  if (name === undefined) return 'a subcommand is needed';
  const meant = nearest(
    name,
    commands.map((command) => command.name),
  );
  return `unknown subcommand ${JSON.stringify(name)}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function overview(): string {
  return [
    'git-ingress: the SSH front door for git',
    '',
    'Usage: git-ingress SUBCOMMAND [OPTIONS]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`),
    '',
    'git-ingress SUBCOMMAND --help tells its options; git-ingress --version tells the version.',
    'Exit codes: 0 good, 1 failed, 2 wrong usage or configuration; can-i: 0 allowed, 1 denied, 3 could not tell.',
  ].join('\n');
}

function describe(command: Command): string {
  const { ownFlags = [] } = command.accepted;
  return [
    `Usage: git-ingress ${command.name} [OPTIONS] ${command.usage}`.trimEnd(),
    '',
    command.summary,
    ...(command.details === undefined ? [] : [command.details]),
    '',
    ...(ownFlags.length === 0 ? [] : [formatOwnFlags(ownFlags), '']),
    'Options, each of them also a variable and a field of the file that --config names:',
    formatOptions(command.accepted),
  ].join('\n');
}
