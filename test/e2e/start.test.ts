import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { kill, listProcesses } from '../harness/processes.ts';
import { type Outcome, run } from '../harness/run.ts';
import { executable, makeHome, type Standalone, startStandalone } from '../harness/standalone.ts';
import { until } from '../harness/wait.ts';

const home = makeHome();
const manifests = join(home, 'manifests');
const used = join(home, 'used');
mkdirSync(manifests);

/** What a start that fails says. Every one of them fails before it listens. */
async function startWith(
  flags: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
  wrapper: readonly string[] = [],
): Promise<Outcome> {
  const all = { manifests, data: join(home, 'data'), 'ssh-listen': '127.0.0.1:0', 'http-listen': 'off', ...flags };
  const args = Object.entries(all).map(([flag, value]) => `--${flag}=${value}`);
  const [program = executable, ...words] = [...wrapper, executable, 'run', ...args];
  return run(program, words, { env, timeout: 30_000 });
}

function assertUsage({ status, stderr, stdout }: Outcome, ...patterns: readonly RegExp[]): void {
  assert.equal(status, 2, stderr);
  for (const pattern of patterns) assert.match(stderr, pattern);
  assert.doesNotMatch(stderr, /\n\s+at /, 'people are shown no stack');
  assert.doesNotMatch(stdout, /"msg":"ready"/);
}

const linkKeysIn = (data: string): readonly string[] =>
  readdirSync(join(data, 'run')).filter((name) => name.startsWith('link-keys'));

test('every wrong flag is named, and nothing is started', async () => {
  const outcome = await startWith({ 'ssh-listen': 'nonsense', 'login-grace-time': '5', 'ssh-rekey-byte': '1GiB' });
  assertUsage(outcome, /--ssh-listen/, /--login-grace-time/, /--ssh-rekey-byte.*did you mean --ssh-rekey-bytes/);
  assert.equal(existsSync(join(home, 'data')), false);
  assertUsage(await startWith({}, { GIT_INGRESS_SSH_LISTN: '127.0.0.1:1' }), /GIT_INGRESS_SSH_LISTN/);
  assertUsage(await run(executable, ['walk']), /walk/);
});

test('a file of settings is read, and its wrong fields are named', async () => {
  const config = join(home, 'config.yaml');
  writeFileSync(config, 'ssh: {listen: 127.0.0.1:0, colour: red}\nsessions: {maxPerConnection: many}\n');
  assertUsage(await startWith({ config }), /ssh\.colour/, /sessions\.maxPerConnection/);
});

test('a port in use is an error', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  assertUsage(await startWith({ 'ssh-listen': address }), new RegExp(`${address}.*in use.* GIT_INGRESS_SSH_LISTEN`));
  assertUsage(await startWith({ 'http-listen': address }), new RegExp(`${address}.*in use.* GIT_INGRESS_HTTP_LISTEN`));
  other.close();
  assert.deepEqual(linkKeysIn(join(home, 'data')), []);
  assert.equal(listProcesses().filter(({ command }) => command.includes(`--data=${home}`)).length, 0);
});

test('a data folder that cannot be used is an error', async () => {
  const file = join(home, 'file');
  writeFileSync(file, '');
  assertUsage(await startWith({ data: file }), /data folder .*file/);
  assertUsage(await startWith({ data: join(file, 'below') }), /data folder/);
  assertUsage(await startWith({ data: '/proc/data' }), /data folder \/proc\/data/);
  const open = join(home, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  assertUsage(await startWith({ data: open }), /chmod o-w/);
});

test('manifests that cannot be read are an error', async () => {
  assertUsage(await startWith({ manifests: join(home, 'absent') }), /absent/);
  assert.deepEqual(linkKeysIn(join(home, 'data')), []);
});

let first: Standalone;
before(async () => {
  first = await startStandalone({ after }, { manifests: {} });
  assert.equal(await first.stop(), 0);
  renameSync(first.data, used);
});

const hostKey = join(used, 'host-keys/ssh_host_ed25519_key');

test('host keys are for their owner alone, and are never replaced', async () => {
  assert.equal(statSync(hostKey).mode & 0o777, 0o600);
  chmodSync(hostKey, 0o640);
  assertUsage(await startWith({ data: used }), /ssh_host_ed25519_key.*others may read it/);
  chmodSync(hostKey, 0o600);

  const original = readFileSync(hostKey);
  copyFileSync(join(used, 'host-keys/ssh_host_rsa_key'), hostKey);
  assertUsage(await startWith({ data: used }), /ssh_host_ed25519_key.*does not match/);
  writeFileSync(hostKey, 'damaged');
  assertUsage(await startWith({ data: used }), /ssh_host_ed25519_key/);
  assert.equal(readFileSync(hostKey, 'utf8'), 'damaged');
  renameSync(hostKey, `${hostKey}.aside`);
  assertUsage(await startWith({ data: used }), /ssh_host_ed25519_key.*gone/);
  assert.equal(existsSync(hostKey), false);
  writeFileSync(hostKey, original, { mode: 0o600 });
});

test('a data folder in use is an error', async (context) => {
  const running = await startStandalone(context, { manifests: {} });
  assertUsage(await startWith({ data: running.data }), /in use|another/);
  assert.equal(linkKeysIn(running.data).length, 1);
  assert.equal((await running.get('/readyz')).status, 200);
});

test('what a killed server left is removed by the next one, whose end is its last line', async (context) => {
  const killed = await startStandalone(context, { manifests: {} });
  kill(killed.process.pid);
  const { home: place, data } = killed;
  const isFree = () => listProcesses().every(({ command }) => !command.includes(`--data=${data}`));
  await until('the end of its repository server', isFree);
  assert.equal(linkKeysIn(data).length, 1);
  const next = await startStandalone(context, { manifests: {}, home: place });
  assert.equal(linkKeysIn(data).length, 1);
  assert.equal(await next.stop(), 0);
  assert.deepEqual(linkKeysIn(data), []);
  await until('its last line', () => next.log.at(-1)?.msg === 'stopped' && next.log.at(-1)?.component === 'standalone');
});

test('git that is missing or too old is an error', async (context) => {
  // A mount that only the program under test sees.
  const unshare = ['unshare', '--map-root-user', '--mount'];
  if ((await run('unshare', [...unshare.slice(1), 'true'])).status !== 0) {
    context.skip('this machine does not let us hide git from a program');
    return;
  }
  const git = (await run('sh', ['-c', 'readlink -f "$(command -v git)"'])).stdout.trim();
  const hide = (by: string): readonly string[] => [
    ...[...unshare, 'sh', '-c', 'mount --bind "$1" "$2" && shift 2 && exec "$@"', 'sh', by, git],
  ];
  assertUsage(await startWith({}, {}, hide('/dev/null')), /git cannot be run.*install git 2\.36 or newer/);
  const old = join(home, 'old-git');
  writeFileSync(old, '#!/bin/sh\necho git version 2.30.2\n', { mode: 0o755 });
  assertUsage(await startWith({}, {}, hide(old)), /git 2\.30\.2 is too old/);
});

test('help is good', async () => {
  const { status, stdout } = await run(executable, ['--help']);
  assert.equal(status, 0);
  for (const subcommand of ['run', 'check', 'can-i']) assert.match(stdout, new RegExp(`\\b${subcommand}\\b`));
  const help = await run(executable, ['run', '--help']);
  assert.equal(help.status, 0);
  assert.match(help.stdout, /--ssh-listen HOST:PORT \[127\.0\.0\.1:2222\]/);
});
