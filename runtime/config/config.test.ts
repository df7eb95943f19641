import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { formatOptions } from './help.ts';
import { type ConfigRequest, loadConfig } from './load-config.ts';
import { options } from './options.ts';

const everything = {
  options: ['manifests', 'data', 'ssh', 'http', 'log', 'login', 'connections', 'sessions', 'keys', 'repository'],
};

const load = (
  argv: readonly string[],
  environment: Record<string, string> = {},
  request: Partial<ConfigRequest> = {},
) => loadConfig({ accepted: everything, argv, environment, ...request });

function accepted(...given: Parameters<typeof load>) {
  const result = load(...given);
  if (!result.ok || result.value === 'help') return assert.fail(JSON.stringify(result));
  return result.value;
}

function problems(...given: Parameters<typeof load>): readonly string[] {
  const result = load(...given);
  return result.ok ? assert.fail('was accepted') : result.error.map(({ origin, message }) => `${origin}: ${message}`);
}

function withFile(text: string, body: (name: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  const name = join(folder, 'config.yaml');
  writeFileSync(name, text);
  try {
    body(name);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('without any source, the defaults hold', () => {
  const { config } = accepted([]);
  assert.deepEqual(config.ssh, {
    listen: { host: '127.0.0.1', port: 2222 },
    softwareVersion: 'git-ingress',
    rekeyBytes: 2 ** 30,
    rekeyInterval: 3_600_000,
    keepaliveInterval: 15_000,
    keepaliveMaxMissed: 3,
  });
  assert.equal(config.manifests, resolve('manifests'));
  assert.equal(config.sessions.idleTimeout, 0);
  assert.deepEqual(config.login.exemptRanges, []);
  assert.equal(config.repository.listen, undefined);
});

test('flag before variable before file before default', () => {
  withFile('ssh: {listen: "0.0.0.0:1", keepaliveMaxMissed: 4}\nlogin:\n  maxAttempts: 5\nhttp:\n', (file) => {
    const variables = { GIT_INGRESS_SSH_LISTEN: '0.0.0.0:2', GIT_INGRESS_LOGIN_MAX_ATTEMPTS: '6' };
    const at = (...given: Parameters<typeof load>) => {
      const { config } = accepted(...given);
      return [config.ssh.listen.port, config.ssh.keepaliveMaxMissed, config.login.maxAttempts];
    };
    assert.deepEqual(at(['--config', file]), [1, 4, 5]);
    assert.deepEqual(at(['--config', file], variables), [2, 4, 6]);
    assert.deepEqual(at([`--config=${file}`, '--ssh-listen=[::1]:3'], variables), [3, 4, 6]);
    assert.deepEqual(at([], { ...variables, GIT_INGRESS_CONFIG: file }), [2, 4, 6]);
    assert.deepEqual(at([], { GIT_INGRESS_SSH_LISTEN: '' }), [2222, 3, 50]);
  });
});

const values: readonly [flag: string, written: string, field: [string, string], value: unknown][] = [
  ['--ssh-listen', '[::1]:0', ['ssh', 'listen'], { host: '::1', port: 0 }],
  ['--ssh-listen', 'localhost:65535', ['ssh', 'listen'], { host: 'localhost', port: 65_535 }],
  ['--ssh-rekey-bytes', '64MiB', ['ssh', 'rekeyBytes'], 2 ** 26],
  ['--ssh-rekey-bytes', '1048576', ['ssh', 'rekeyBytes'], 2 ** 20],
  ['--repository-max-push-size', '2GiB', ['repository', 'maxPushSize'], 2 ** 31],
  ['--repository-max-push-size', '0', ['repository', 'maxPushSize'], 0],
  ['--repository-max-git-memory', '0', ['repository', 'maxGitMemory'], 0],
  ['--sessions-idle-timeout', '90m', ['sessions', 'idleTimeout'], 5_400_000],
  ['--sessions-max-duration', '0', ['sessions', 'maxDuration'], 0],
  ['--http-listen', 'off', ['http', 'listen'], undefined],
  ['--login-exempt-ranges', '10.0.0.0/8, fd00::/8', ['login', 'exemptRanges'], ['10.0.0.0/8', 'fd00::/8']],
  ['--keys-minimum-rsa-bits', '3072', ['keys', 'minimumRsaBits'], 3072],
];
for (const [flag, written, [group, name], value] of values) {
  test(`${flag} ${written}`, () => {
    const { config } = accepted([flag, written]);
    assert.deepEqual((config as unknown as Record<string, Record<string, unknown>>)[group]?.[name], value);
  });
}

const refused: readonly [flag: string, written: string, expected: RegExp][] = [
  ['--ssh-listen', '2222', /expected HOST:PORT/],
  ['--ssh-listen', ':2222', /expected HOST:PORT/],
  ['--ssh-listen', '::1:2222', /expected HOST:PORT/],
  ['--ssh-listen', '127.0.0.1:65536', /expected HOST:PORT/],
  ['--ssh-listen', '127.0.0.300:22', /expected HOST:PORT/],
  ['--ssh-listen', '[127.0.0.1]:22', /expected HOST:PORT/],
  ['--ssh-software-version', 'two words', /without spaces/],
  ['--ssh-software-version', 'bell\x07', /printable/],
  ['--login-grace-time', '30', /a duration such as/],
  ['--login-grace-time', '0', /a duration such as/],
  ['--sessions-max-duration', '25d', /to 24d/],
  ['--ssh-rekey-bytes', '1GB', /a size such as/],
  ['--ssh-rekey-bytes', '0', /to 64GiB$/],
  ['--repository-max-push-size', '1KiB', /from 1MiB to 1024TiB, or 0 to switch it off/],
  ['--login-max-attempts', '1e3', /whole number from 1 to 1000/],
  ['--login-max-attempts', '-1', /whole number/],
  ['--keys-minimum-rsa-bits', '1024', /from 2048/],
  ['--log-level', 'loud', /one of trace, debug/],
  ['--login-exempt-ranges', '10.0.0.0/8,10.0.0.1/33', /"10\.0\.0\.1\/33" is none/],
  ['--login-exempt-ranges', '10.0.0.1', /"10\.0\.0\.1" is none/],
];
for (const [flag, written, expected] of refused) {
  test(`${flag} ${JSON.stringify(written)} is refused`, () => {
    const found = problems([`${flag}=${written}`]);
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', expected);
    assert.ok(found[0]?.startsWith(`flag ${flag}: "`), found[0]);
  });
}

test('every problem of every source is named at once', () => {
  withFile('ssh: {listn: x}\nlogin: 3\nlog: {level: loud}\n', (file) => {
    const variables = { GIT_INGRESS_HTTP_LISTN: '1', GIT_INGRESS_DATA: 'd', GIT_INGRESS_KEYS_MINIMUM_RSA_BITS: '1' };
    const found = problems(
      ['--config', file, '--ssh-listen', '--ssh-lisen=x', '--data', 'x', '--data', 'y'],
      variables,
    );
    assert.deepEqual(found, [
      'flag --ssh-listen: needs a value: HOST:PORT',
      'flag --ssh-lisen: unknown flag; did you mean --ssh-listen?',
      'flag --data: is given twice',
      'variable GIT_INGRESS_HTTP_LISTN: unknown variable; did you mean GIT_INGRESS_HTTP_LISTEN?',
      `${file}: ssh.listn: unknown field; did you mean ssh.listen?`,
      `${file}: login: expected fields below it`,
      `${file}: log.level: "loud": expected one of trace, debug, info, warn, error`,
      'variable GIT_INGRESS_KEYS_MINIMUM_RSA_BITS: "1": expected a whole number from 2048 to 16384',
    ]);
  });
});

for (const [name, text, expected] of [
  ['a list', '[1]', /expected a YAML mapping/],
  ['broken YAML', 'ssh: {', /is not YAML/],
  ['an alias', 'ssh: &a {}\nlog: *a', /is not YAML: aliases exceeded/],
] as const) {
  test(`a configuration file with ${name} is refused`, () =>
    withFile(text, (file) => assert.match(problems(['--config', file])[0] ?? '', expected)));
}

test('a configuration file that is absent, a folder or a device is refused', () => {
  assert.match(problems(['--config', '/nowhere/at/all'])[0] ?? '', /cannot be read: ENOENT/);
  assert.match(problems(['--config', tmpdir()])[0] ?? '', /is not a file/);
  assert.match(problems(['--config', '/dev/zero'])[0] ?? '', /is not a file/);
});

test('a variable that is like no other is not taken for one', () => {
  assert.deepEqual(problems([], { GIT_INGRESS_FOO: '1' }), ['variable GIT_INGRESS_FOO: unknown variable']);
});

test('an empty configuration file says nothing', () => withFile('# nothing\n', (file) => accepted(['--config', file])));

const unknownVariables: readonly [variable: string, value: string, meant: string | undefined][] = [
  ['GIT_INGRESS_SSH_PORT', '1', 'GIT_INGRESS_SSH_LISTEN'],
  ['GIT_INGRESS_HTTP_HOST', 'localhost', 'GIT_INGRESS_HTTP_LISTEN'],
  ['GIT_INGRESS_SSH_LISTN', '127.0.0.1:1', 'GIT_INGRESS_SSH_LISTEN'],
  ['GIT_INGRESS_GATEWAY_SERVICE_PORT_SSH', '22', undefined],
  ['GIT_INGRESS_GATEWAY_PORT_22_TCP_ADDR', '10.0.0.1', undefined],
  ['GIT_INGRESS_SSH_LISTN', 'tcp://10.0.0.1:22', 'GIT_INGRESS_SSH_LISTEN'],
  ['GIT_INGRESS_FOO', '1', undefined],
];
for (const [variable, value, meant] of unknownVariables) {
  test(`${variable}=${value} is unknown`, () => {
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    assert.deepEqual(problems([], { [variable]: value }), [`variable ${variable}: unknown variable${hint}`]);
  });
}

test('the variables that Kubernetes makes of Services are not ours', () => {
  accepted([], { GIT_INGRESS_PORT: 'tcp://10.0.0.1:22', GIT_INGRESS_PORT_22_UDP: 'udp://10.0.0.1:22' });
  accepted([], { GIT_INGRESS_SERVICE_HOST: '10.0.0.1', GIT_INGRESS_SERVICE_PORT: '22' });
  accepted([], {
    GIT_INGRESS_GATEWAY_SERVICE_HOST: '10.0.0.1',
    GIT_INGRESS_GATEWAY_SERVICE_PORT_SSH: '22',
    GIT_INGRESS_GATEWAY_PORT: 'tcp://10.0.0.1:22',
    GIT_INGRESS_GATEWAY_PORT_22_TCP_ADDR: '10.0.0.1',
  });
});

test('a flag of another subcommand, and a missing required option, are problems', () => {
  const request = { accepted: { options: ['data'] }, required: ['repository.pod'] };
  assert.deepEqual(problems(['--ssh-listen', 'x'], {}, request), [
    'flag --ssh-listen: is a flag of another subcommand',
    'flag --repository-pod: is needed: The name of this repository server. A ticket for another one is refused.',
  ]);
  accepted([], { GIT_INGRESS_REPOSITORY_POD: 'pool-0' }, request);
});

test("a subcommand's own flags and positionals are handed on, and all after -- is positional", () => {
  const request = {
    accepted: { options: ['manifests'], ownFlags: [{ flag: '--user', placeholder: 'NAME', description: 'Who.' }] },
  };
  const { own, positionals } = accepted(['read', '--user', 'a/b', 'path', '--', '--user'], {}, request);
  assert.deepEqual([...own], [['--user', 'a/b']]);
  assert.deepEqual(positionals, ['read', 'path', '--user']);
});

test('every option is in the help of whoever takes it', () => {
  assert.deepEqual(load(['--nonsense', '--help']), { ok: true, value: 'help' });
  const text = formatOptions({ options: options.map(({ field }) => field) });
  for (const { flag, variable, description } of options) {
    assert.ok(text.includes(`  ${flag} `) && text.includes(`(${variable})`) && description.endsWith('.'), flag);
  }
  assert.ok(text.split('\n').every((line) => line.length <= 100));
});
