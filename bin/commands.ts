import type { Accepted } from '../runtime/config/flag-settings.ts';
import type { CommandLine } from '../runtime/config/load-config.ts';
import type { ExitCode } from '../runtime/exit-codes.ts';
import { canIFlags } from '../standalone/can-i-question.ts';
import { whatIsRead } from '../standalone/manifests/walk.ts';

/** A subcommand of git-ingress. */
export type Command = {
  readonly name: string;
  /** What follows the name, beside options. */
  readonly usage: string;
  readonly summary: string;
  /** What the summary leaves out, for `--help`. */
  readonly details?: string;
  readonly accepted: Accepted;
  /** Fields of the configuration that have no default and cannot be left out. */
  readonly required?: readonly string[];
  readonly positionals: { readonly min: number; readonly max: number };
  /** Loaded only when it is run: each subcommand has its own part of the program. */
  readonly load: () => Promise<(line: CommandLine) => Promise<ExitCode>>;
};

export const commands: readonly Command[] = [
  {
    name: 'run',
    usage: '',
    summary: 'Runs the whole system on one machine from a folder of manifests.',
    accepted: {
      options: [
        ...['manifests', 'data', 'ssh', 'http', 'log', 'login', 'connections', 'sessions', 'keys', 'shutdown'],
        ...['repository.maxSessions', 'repository.maxQueued', 'repository.maxPushSize', 'repository.maxGitMemory'],
      ],
    },
    positionals: { min: 0, max: 0 },
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'repository',
    usage: '',
    summary: 'Runs a repository server, which gateways reach over the link.',
    accepted: { options: ['data', 'http', 'log', 'shutdown', 'repository'] },
    required: ['repository.listen', 'repository.pod', 'repository.linkKeys'],
    positionals: { min: 0, max: 0 },
    load: async () => (await import('./repository.ts')).repository,
  },
  {
    name: 'check',
    usage: 'FILE|DIR...',
    summary: 'Says of each object in manifests whether it is accepted, and why not.',
    details: `Files and folders are taken together, as one installation. In a folder and those below it,
${whatIsRead}.`,
    accepted: { options: ['keys'] },
    positionals: { min: 1, max: 1_000 },
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'can-i',
    usage:
      'read|write|create|rewind|delete PATH [REF]\n    (--user NAMESPACE/NAME | --key FILE [--login NAME] [--address IP])',
    summary: 'Tells what somebody may do, and by which rule.',
    details: `PATH is that of a Repository, or what people clone: ssh://git@HOST/PATH, git@HOST:PATH.
REF is the full name of a ref: refs/heads/main. Without it, the role alone is asked for.
read is to clone and fetch; write to push, with a REF to move it forward; push and update mean the same.`,
    accepted: { options: ['manifests', 'keys'], ownFlags: canIFlags },
    positionals: { min: 2, max: 3 },
    load: async () => (await import('./can-i.ts')).canI,
  },
];
