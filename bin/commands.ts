import type { Accepted, OwnFlag } from '../runtime/config/flag-settings.ts';
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

const crdsFlags: readonly OwnFlag[] = [
  { flag: '--out', placeholder: 'DIR', description: 'Writes each into a file of this folder instead.' },
];

/** Of those who ask what is in a cluster: how to reach it, and by which rules it judges. */
const clusterOptions: readonly string[] = ['kubernetes.kubeconfig', 'operator.namespaces', 'operator.pathPrefixes'];

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
    name: 'operator',
    usage: '',
    summary: 'Keeps the access index and the statuses in a cluster as its objects say.',
    accepted: {
      options: ['kubernetes', 'operator', 'keys', 'http', 'log', 'shutdown'],
      ownFlags: [
        {
          flag: '--verify-index',
          description:
            'Only compares the index in the cluster with one made anew of all objects; exit 1 if they differ.',
        },
      ],
    },
    positionals: { min: 0, max: 0 },
    load: async () => (await import('./operator.ts')).operator,
  },
  {
    name: 'gateway',
    usage: '',
    summary: 'Runs a gateway on the access index of a cluster.',
    accepted: {
      options: [
        ...['ssh', 'http', 'log', 'login', 'connections', 'sessions', 'shutdown', 'gateway', 'index'],
        ...['kubernetes.kubeconfig', 'kubernetes.namespace'],
      ],
    },
    required: [
      ...['gateway.pod', 'gateway.hostKeys', 'gateway.linkKey'],
      ...['gateway.repository', 'gateway.repositoryPod'],
    ],
    positionals: { min: 0, max: 0 },
    load: async () => (await import('./gateway.ts')).gateway,
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
    usage: '[FILE|DIR...]',
    summary: 'Says of each object in manifests, or in a cluster, whether it is accepted, and why not.',
    details: `Files and folders are taken together, as one installation. In a folder and those below it,
${whatIsRead}.
With --kubernetes-kubeconfig they are judged as if they were applied to that cluster, among the objects that
it has; without files, all of these objects are judged. Whoever may read them may ask.
Of files alone, any path of a Repository is accepted, as "run" does, unless --operator-path-prefixes is given: then
as in a cluster, where paths begin with the namespace or with one of its prefixes. Give a cluster's own.`,
    accepted: { options: [...clusterOptions, 'keys'] },
    positionals: { min: 0, max: 1_000 },
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'can-i',
    usage:
      'read|write|create|rewind|delete PATH [REF]\n    (--user NAMESPACE/NAME | --key FILE [--login NAME] [--address IP])',
    summary: 'Tells what somebody may do, and by which rule.',
    details: `PATH is that of a Repository, or what people clone: ssh://git@HOST/PATH, git@HOST:PATH.
REF is the full name of a ref: refs/heads/main. Without it, the role alone is asked for.
read is to clone and fetch; write to push, with a REF to move it forward; push and update mean the same.
The answer comes from the folder --manifests or, where --kubernetes-kubeconfig is given instead, from the objects
in that cluster, which you need to be allowed to read. Give a cluster's own --operator-path-prefixes.`,
    accepted: { options: ['manifests', ...clusterOptions, 'keys'], ownFlags: canIFlags },
    positionals: { min: 2, max: 3 },
    load: async () => (await import('./can-i.ts')).canI,
  },
  {
    name: 'crds',
    usage: '',
    summary: 'Prints the CustomResourceDefinitions for kubectl apply.',
    accepted: { options: [], ownFlags: crdsFlags },
    positionals: { min: 0, max: 0 },
    load: async () => (await import('./crds.ts')).crds,
  },
];
