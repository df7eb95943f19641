import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { version } from '../runtime/version.ts';
import { commands } from './commands.ts';

const launcher = fileURLToPath(new URL('./git-ingress', import.meta.url));

const start = (
  argv: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; file?: string } = {},
) => {
  const { file = launcher, cwd, env } = options;
  const found = spawnSync(file, argv, { encoding: 'utf8', cwd, env: { ...process.env, ...env } });
  return { code: found.status, stdout: found.stdout, stderr: found.stderr };
};

function withFolder(body: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'bin test-'));
  try {
    body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the launcher works from any folder, and through links to it', () => {
  withFolder((folder) => {
    symlinkSync(launcher, join(folder, 'absolute'));
    mkdirSync(join(folder, 'sub'));
    symlinkSync('../absolute', join(folder, 'sub', 'git ingress'));
    const expected = { code: 0, stdout: `git-ingress ${version}\n`, stderr: '' };
    for (const file of [launcher, join(folder, 'absolute'), join(folder, 'sub', 'git ingress')]) {
      assert.deepEqual(start(['--version'], { cwd: folder, file }), expected, file);
    }
  });
});

test('without the Node beside it, the launcher takes only one that it can trust, and says which', () => {
  withFolder((folder) => {
    mkdirSync(join(folder, 'bin'));
    const file = join(folder, 'bin', 'git-ingress');
    copyFileSync(launcher, file);
    mkdirSync(join(folder, 'path'));
    const startWith = (version: string): ReturnType<typeof start> => {
      const versions = join(folder, 'versions.cjs');
      writeFileSync(versions, `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });\n`);
      const node = `#!/bin/sh\n[ "$1" = --version ] && exec echo v${version}\nexec '${process.execPath}' -r '${versions}' "$@"\n`;
      writeFileSync(join(folder, 'path', 'node'), node);
      chmodSync(join(folder, 'path', 'node'), 0o755);
      return start([], { file, env: { PATH: `${join(folder, 'path')}:/usr/bin:/bin` } });
    };
    for (const version of ['20.19.0', '24.6.0', '24.19.0', '25.1.0']) {
      const { code, stderr } = startWith(version);
      assert.equal(code, 2, version);
      assert.ok(stderr.includes('needs Node.js 24.7 to 24.18, but') && stderr.includes(`is v${version}`), stderr);
    }
    // It goes on, and finds that there is no program in this folder.
    for (const version of ['24.7.0', '24.18.1'])
      assert.match(startWith(version).stderr, /Cannot find module|ENOENT/, version);
  });
});

test('help names every subcommand and every option of each', () => {
  const overview = start(['--help']);
  assert.equal(overview.code, 0);
  for (const { name, summary, accepted } of commands) {
    assert.ok(overview.stdout.includes(name) && overview.stdout.includes(summary), name);
    const help = start([name, '--help']);
    assert.deepEqual([help.code, help.stderr], [0, '']);
    assert.match(help.stdout, /^Usage: git-ingress /);
    assert.match(help.stdout, /--config FILE/);
    for (const { flag, placeholder, description } of accepted.ownFlags ?? []) {
      const head = placeholder === undefined ? flag : `${flag} ${placeholder}`;
      const told = help.stdout.replaceAll(/\s+/g, ' ');
      assert.ok(told.includes(` ${head} ${description} `) || told.endsWith(` ${head} ${description} `), flag);
    }
  }
});

const wrongUsage: readonly [argv: readonly string[], expected: RegExp][] = [
  [[], /git-ingress: a subcommand is needed/],
  [['chekc'], /unknown subcommand "chekc"; did you mean check\?/],
  [['check'], /git-ingress check: expected FILE\|DIR\.\.\./],
  [['run', 'there'], /git-ingress run: unexpected "there"/],
  [
    ['run', '--ssh-listen', 'nowhere', '--http-listn', 'x'],
    /--ssh-listen: "nowhere"[\s\S]*--http-listn|--http-listn[\s\S]*--ssh-listen: "nowhere"/,
  ],
  [['run', '--repository-listen', 'unix:x'], /--repository-listen: is a flag of another subcommand|unknown flag/],
  [
    ['repository'],
    /--repository-listen: is needed[\s\S]*--repository-pod: is needed[\s\S]*--repository-link-keys: is needed/,
  ],
  [['gateway', '--gateway-pod', 'a'], /--gateway-host-keys: is needed[\s\S]*--gateway-repository-pod: is needed/],
  [['can-i', 'read', 'a/b'], /exactly one of --user and --key/],
  [
    ['can-i', 'read', 'a/b', '--user', 'a/b', '--manifests', '.', '--kubernetes-kubeconfig', 'x'],
    /a folder and a cluster are both given/,
  ],
  [
    ['can-i', 'fly', 'a/../b', '--user', 'alice'],
    /"fly" is none of read[\s\S]*no "\.\."[\s\S]*expected NAMESPACE\/NAME/,
  ],
];
for (const [argv, expected] of wrongUsage) {
  test(`git-ingress ${argv.join(' ')} is wrong usage`, () => {
    const { code, stdout, stderr } = start(argv);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, expected);
  });
}

test('run tells what it cannot start with, before anything listens', () => {
  withFolder((folder) => {
    const common = ['run', '--data', join(folder, 'data'), '--ssh-listen', '127.0.0.1:0', '--http-listen', 'off'];
    const noManifests = start([...common, '--manifests', join(folder, 'none')]);
    assert.equal(noManifests.code, 2);
    assert.match(noManifests.stderr, /the manifests in .* cannot be read: .*no such file or folder/);
    const noData = start(['run', '--manifests', folder, '--data', '/proc/data', '--http-listen', 'off']);
    assert.equal(noData.code, 2);
    assert.match(noData.stderr, /the data folder \/proc\/data cannot be used/);
  });
});

test('repository tells what it cannot start with in the same way', () => {
  withFolder((folder) => {
    const data = join(folder, 'data');
    const keys = join(folder, 'keys.pem');
    mkdirSync(data);
    writeFileSync(join(data, 'repositories'), '');
    const common = ['repository', '--data', data, '--http-listen', 'off', '--repository-pod', 'pool-0'];
    const argv = [...common, '--repository-listen', `unix:${join(folder, 'socket')}`, '--repository-link-keys', keys];
    const noKeys = start(argv);
    assert.deepEqual([noKeys.code, noKeys.stdout], [2, '']);
    assert.match(noKeys.stderr, /^git-ingress: the link keys in .* cannot be used: no such file or folder$/m);
    writeFileSync(keys, generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }));
    const noFolder = start(argv);
    assert.deepEqual([noFolder.code, noFolder.stdout], [2, '']);
    assert.match(
      noFolder.stderr,
      /^git-ingress: the data folder .*repositories cannot be used: something else is there/,
    );
  });
});

test('the answers of check and can-i are exit codes', () => {
  withFolder((folder) => {
    const user = (name: string, spec: string) =>
      `apiVersion: gitingress.dev/v1alpha1\nkind: GitUser\nmetadata: {name: ${name}}\nspec: ${spec}\n`;
    writeFileSync(join(folder, 'a.yaml'), user('alice', '{}'));
    const at = (...argv: readonly string[]) => start(argv, { cwd: folder }).code;
    assert.equal(at('check', 'a.yaml'), 0);
    assert.equal(at('can-i', 'read', 'a/b', '--user', 'default/alice', '--manifests', '.'), 1);
    assert.equal(at('can-i', 'read', 'a/b', '--user', 'default/bob', '--manifests', '.'), 3);
    writeFileSync(join(folder, 'a.yaml'), user('alice', '{x: 1}'));
    assert.equal(at('check', 'a.yaml'), 1);
  });
});

test('can-i asks the folder or the cluster, whichever is named by the stronger means', () => {
  withFolder((cwd) => {
    const ask = (argv: readonly string[], env: Record<string, string> = {}) => {
      const { code, stdout, stderr } = start(['can-i', 'read', 'a/b', '--user', 'a/b', ...argv], { cwd, env });
      assert.deepEqual([code, stdout], [3, '']);
      return stderr;
    };
    // There is neither: what is asked is what cannot be read.
    const folder = /could not tell: the manifests .*nowhere cannot be read: no such file or folder$/m;
    const cluster = /could not tell: cannot use the kubeconfig .*nothing: no such file or folder$/m;
    assert.match(ask([], { GIT_INGRESS_KUBERNETES_KUBECONFIG: 'nothing' }), cluster);
    assert.match(ask(['--manifests', 'nowhere'], { GIT_INGRESS_KUBERNETES_KUBECONFIG: 'nothing' }), folder);
    assert.match(ask(['--kubernetes-kubeconfig', 'nothing'], { GIT_INGRESS_MANIFESTS: 'nowhere' }), cluster);
    assert.match(ask([]), /manifests cannot be read: .*; name another folder by --manifests, or a cluster by /);
  });
});

test('check says why it cannot ask a cluster', () => {
  const { code, stdout, stderr } = start(['check', '--kubernetes-kubeconfig', '/nonexistent']);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /^git-ingress check: cannot use the kubeconfig \/nonexistent: no such file or folder$/m);
});

test('paths are judged as in a cluster once its prefixes are named, though there be none', () => {
  withFolder((cwd) => {
    const text = 'apiVersion: gitingress.dev/v1alpha1\nkind: Repository\nmetadata: {name: a}\nspec: {path: tools/a}\n';
    writeFileSync(join(cwd, 'a.yaml'), text);
    const check = (...argv: readonly string[]) => start(['check', 'a.yaml', ...argv], { cwd });
    assert.equal(check().code, 0);
    assert.match(check('--operator-path-prefixes', '').stdout, /^REFUSED .*PathNotPermitted: /);
    assert.equal(check('--operator-path-prefixes', 'default=tools/').code, 0);
  });
});

test('crds prints the CustomResourceDefinitions as one stream, or writes them into a folder', () => {
  const folder = fileURLToPath(new URL('../crds', import.meta.url));
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const printed = start(['crds']);
  assert.deepEqual([printed.code, printed.stderr], [0, '']);
  assert.deepEqual(printed.stdout.split('---\n').sort(), texts.sort());
  withFolder((out) => {
    assert.deepEqual(start(['crds', '--out', join(out, 'a', 'b')]), { code: 0, stdout: '', stderr: '' });
    const names = readdirSync(join(out, 'a', 'b'));
    assert.deepEqual(names.map((name) => readFileSync(join(out, 'a', 'b', name), 'utf8')).sort(), texts);
    writeFileSync(join(out, 'file'), '');
    const refused = start(['crds', '--out', join(out, 'file', 'x')]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^git-ingress crds: .*file\/x cannot be written: /);
  });
});
