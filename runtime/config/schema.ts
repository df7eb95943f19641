import * as z from 'zod';
import * as kinds from './kinds.ts';

/** What help texts and docs/configuration.md say of an option. */
export type OptionText = {
  readonly placeholder: string;
  readonly list: boolean;
  readonly description: string;
  /** As it would be written; absent: the option has no value unless one is given. */
  readonly default?: string;
};

/** Filled by this file alone: every leaf of `configSchema` has an entry. */
export const optionTexts = z.registry<OptionText>();

/** An option with a default, written as a person would write it. */
const option = <Value>({ schema, placeholder, list }: kinds.Kind<Value>, fallback: string, description: string) =>
  schema.prefault(fallback).register(optionTexts, { placeholder, list, description, default: fallback });

/** An option that is absent from the configuration unless it is given. */
const optional = <Value>({ schema, placeholder, list }: kinds.Kind<Value>, description: string) =>
  schema.optional().register(optionTexts, { placeholder, list, description });

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const pathPrefix = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?=[A-Za-z0-9_][A-Za-z0-9_./-]{0,252}\/$/;
const hostName = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[1-9][0-9]{0,4})?$/;

const group = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape).prefault({} as never);

const podName = kinds.text(
  'NAME',
  /^[a-z0-9][a-z0-9.-]{0,252}$/,
  'the name of a pod: lower-case letters, digits, "-" and "."',
);

/**
 * Every option of every subcommand. Its place here is its field in `--config FILE`, and gives the flag and the variable
 * their names: `ssh.rekeyBytes`, `--ssh-rekey-bytes`, `GIT_INGRESS_SSH_REKEY_BYTES`.
 */
export const configSchema = z.strictObject({
  manifests: option(kinds.path('DIR'), './manifests', 'The folder of manifests, re-read when they change.'),
  data: option(kinds.path('DIR'), './data', 'The folder that holds repositories and host keys; made when absent.'),
  ssh: group({
    listen: option(kinds.tcpAddress, '127.0.0.1:2222', 'Where people connect with ssh. Port 0 picks a free one.'),
    softwareVersion: option(
      kinds.text('NAME', /^[\x21-\x7e]{1,128}$/, '1 to 128 printable ASCII characters without spaces'),
      'git-ingress',
      'What the identification line says after `SSH-2.0-`.',
    ),
    rekeyBytes: option(
      kinds.size({ min: '1MiB', max: '64GiB' }),
      '1GiB',
      'New session keys after so many bytes of both directions together (RFC 4253 §9).',
    ),
    rekeyInterval: option(kinds.duration({ min: '1m' }), '1h', 'New session keys after so much time.'),
    keepaliveInterval: option(
      kinds.duration({ min: '1s', max: '1h' }),
      '15s',
      'How long a connection may be silent before it is asked for a sign of life.',
    ),
    keepaliveMaxMissed: option(
      kinds.count({ min: 1, max: 100 }),
      '3',
      'Unanswered questions for a sign of life after which a connection is closed.',
    ),
  }),
  http: group({
    listen: option(
      kinds.tcpAddressOrOff,
      '127.0.0.1:9222',
      'Where /livez, /readyz and /metrics answer. Port 0 picks a free one.',
    ),
  }),
  log: group({
    level: option(
      kinds.choice('trace', 'debug', 'info', 'warn', 'error'),
      'info',
      'The least important lines to write. Audit lines are always written.',
    ),
    format: option(
      kinds.choice('auto', 'json', 'pretty'),
      'auto',
      'auto is pretty on a terminal, and JSON lines everywhere else.',
    ),
  }),
  login: group({
    graceTime: option(kinds.duration({ min: '1s', max: '10m' }), '30s', 'How long a connection may take to log in.'),
    maxAttempts: option(
      kinds.count({ min: 1, max: 1_000 }),
      '50',
      'Public keys that one connection may offer or prove before it is closed.',
    ),
    maxPending: option(
      kinds.count({ min: 1, max: 100_000 }),
      '300',
      'Connections that have not logged in yet, of all addresses together.',
    ),
    maxPendingPerAddress: option(
      kinds.count({ min: 1, max: 100_000 }),
      '100',
      'Connections that have not logged in yet, of one address (IPv6: of one /64).',
    ),
    exemptRanges: option(
      kinds.cidrList,
      '',
      "Addresses that the limit for one address leaves out, such as a load balancer's.",
    ),
  }),
  connections: group({
    max: option(kinds.count({ min: 1, max: 1_000_000 }), '10000', 'Connections at once.'),
    maxPerUser: option(
      kinds.count({ min: 1, max: 1_000_000 }),
      '200',
      'Connections of one user or deploy key at once.',
    ),
    idleTimeout: option(
      kinds.duration({ min: '1s', off: true }),
      '10m',
      'A connection without an open session is closed after this time.',
    ),
  }),
  sessions: group({
    maxPerConnection: option(kinds.count({ min: 1, max: 1_000 }), '10', 'Sessions at once on one connection.'),
    maxDuration: option(kinds.duration({ min: '1s', off: true }), '12h', 'A session is ended after this time.'),
    requestTimeout: option(
      kinds.duration({ min: '1s', off: true }),
      '2m',
      'A fetch or an archive whose client has not said what it wants is ended after this time without a byte.',
    ),
    pushTimeout: option(
      kinds.duration({ min: '1s', off: true }),
      '1h',
      "A push whose client has not said what it wants is ended after this time without a byte; its user's pre-push hook runs meanwhile.",
    ),
    idleTimeout: option(
      kinds.duration({ min: '1s', off: true }),
      '0',
      'A session is ended after this time without a byte in either direction. Clients are silent while they count objects.',
    ),
  }),
  keys: group({
    minimumRsaBits: option(
      kinds.count({ min: 2_048, max: 16_384 }),
      '2048',
      'RSA keys with fewer bits are not accepted.',
    ),
  }),
  shutdown: group({
    gracePeriod: option(
      kinds.duration({ min: '1s', max: '1d', off: true }),
      '30s',
      'How long live sessions may go on after SIGTERM; 0 ends them at once.',
    ),
  }),
  kubernetes: group({
    kubeconfig: optional(
      kinds.path('FILE'),
      'How to reach the API server. Operator and gateway do it as the pod that they run in, else as kubectl would, by default.',
    ),
    namespace: optional(
      kinds.text('NAME', dnsLabel, 'the name of a namespace'),
      "The namespace of the release, where the index lies. Default: the pod's own, or the kubeconfig's.",
    ),
    release: option(
      kinds.text('NAME', dnsLabel, 'the name of a release'),
      'git-ingress',
      'What the names of our own objects begin with.',
    ),
  }),
  operator: group({
    namespaces: option(
      kinds.list('NAMESPACE', (name) => dnsLabel.test(name), 'names of namespaces'),
      '',
      'Where GitUsers, SSHKeys and Repositories are looked for. Default: in all namespaces.',
    ),
    pathPrefixes: option(
      kinds.list('NAMESPACE=PREFIX', (item) => pathPrefix.test(item), 'items such as platform=tools/'),
      '',
      'What paths of Repositories may begin with, beside the name of their namespace: `platform=tools/`.',
    ),
    hostNames: option(
      kinds.list('HOST[:PORT]', (name) => hostName.test(name), 'names such as git.example.com or git.example.com:2222'),
      '',
      'Names by which people reach the gateways. The first one is in the URLs of Repositories.',
    ),
    hostKeysSecret: optional(
      kinds.text('NAME', /^[a-z0-9][a-z0-9.-]{0,252}$/, 'the name of a Secret'),
      'A Secret with SSH host keys that somebody else keeps. Default: the operator makes one, `RELEASE-host-keys`.',
    ),
  }),
  gateway: group({
    pod: optional(podName, "The name of this gateway's pod, under which it reports to the operator."),
    hostKeys: optional(kinds.path('DIR'), 'The folder with ssh_host_ed25519_key and ssh_host_rsa_key; not written to.'),
    linkKey: optional(kinds.path('FILE'), 'The Ed25519 private key in PEM form that tickets are signed with.'),
    repository: optional(kinds.tcpAddress, 'Where the repository server is reached.'),
    repositoryPod: optional(podName, 'How that repository server calls itself: its --repository-pod.'),
  }),
  index: group({
    maxAge: option(
      kinds.duration({ min: '10s' }),
      '1h',
      'Nobody is let in by an access index that was last known to be up to date so long ago; sessions go on.',
    ),
  }),
  repository: group({
    maxSessions: option(kinds.count({ min: 1, max: 10_000 }), '64', 'Sessions that run git at once; others wait.'),
    maxQueued: option(kinds.count({ min: 0, max: 100_000 }), '1000', 'Sessions that wait; more are turned away.'),
    maxPushSize: option(
      kinds.size({ min: '1MiB', max: '1024TiB', off: true }),
      '0',
      'Larger pushes are refused while they arrive; 0: what the disk has room for.',
    ),
    maxGitMemory: option(
      kinds.size({ min: '1GiB', max: '1024GiB', off: true }),
      '2GiB',
      'Memory that each git may take beside the files it maps; 0: what the machine has. Holds for the repository server too.',
    ),
    listen: optional(kinds.linkAddress, 'Where gateways reach this repository server.'),
    pod: optional(podName, 'The name of this repository server. A ticket for another one is refused.'),
    linkKeys: optional(kinds.path('FILE'), "Gateways' public keys (Ed25519) in PEM form: whose tickets to honour."),
  }),
});

/** Durations are milliseconds, sizes bytes, paths absolute. */
export type Config = z.output<typeof configSchema>;
