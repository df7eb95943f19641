import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, test } from 'node:test';
import { type Outcome, run } from '../test/harness/run.ts';

const home = mkdtempSync(join(tmpdir(), 'git-ingress-'));
after(() => rmSync(home, { recursive: true, force: true }));

function writeProgram(folder: string, name: string, lines: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, `#!/usr/bin/env bash\n${lines}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A PATH with what the scripts themselves use, and neither Go nor anything of Kubernetes. */
const tools = join(home, 'tools');
mkdirSync(tools);
const itsOwn = 'awk bash cat dirname env flock head ln mkdir mktemp mv realpath rm sed sha256sum sleep sort tail uname';
for (const name of itsOwn.split(' ')) {
  const folder = process.env.PATH?.split(delimiter).find((each) => existsSync(join(each, name)));
  symlinkSync(join(folder ?? '/usr/bin', name), join(tools, name));
}

/** A PATH with a Go that builds empty programs, and notes that it did. */
function fakeGo(version: string, thenWhat = ''): { readonly path: string; builds(): number } {
  const folder = mkdtempSync(join(home, 'go-'));
  writeProgram(
    folder,
    'go',
    `if [ "$1" = env ]; then echo ${version}; exit; fi
     echo build >> ${folder}/builds
     sleep 0.2; ${thenWhat}
     while [ "$1" != -o ]; do shift; done
     for package in "\${@:3}"; do package=\${package%/v3}; echo > "$2/\${package##*/}"; done`,
  );
  return {
    path: `${folder}:${tools}`,
    builds: () => readFileSync(join(folder, 'builds'), 'utf8').trim().split('\n').length,
  };
}

const need = (what: 'kubernetes' | 'helm', cache: string, env: Readonly<Record<string, string>>): Promise<Outcome> =>
  run(join(import.meta.dirname, `need-${what}.sh`), [], {
    env: { PATH: tools, KUBEBUILDER_ASSETS: '', XDG_CACHE_HOME: cache, ...env },
  });
const newCache = (): string => mkdtempSync(join(home, 'cache-'));

test('without Go, it is said what to install', async () => {
  const kubernetes = await need('kubernetes', newCache(), {});
  assert.equal(kubernetes.status, 1);
  assert.match(kubernetes.stderr, /install Go .* or set KUBEBUILDER_ASSETS/);
  const helm = await need('helm', newCache(), {});
  assert.equal(helm.status, 1);
  assert.match(helm.stderr, /install Helm, or Go/);
});

test('a Go that is too old is named', async () => {
  const outcome = await need('kubernetes', newCache(), { PATH: fakeGo('go1.19.8').path });
  assert.equal(outcome.status, 1);
  assert.match(outcome.stderr, /needs Go 1\.\S+ or newer, and there is go1\.19\.8/);
});

test('two at once build once, and later ones find what was built', async () => {
  const cache = newCache();
  const { path, builds } = fakeGo('go1.99.0');
  const both = await Promise.all([1, 2].map(() => need('kubernetes', cache, { PATH: path })));
  const third = await need('kubernetes', cache, { PATH: path });
  const [folder, ...others] = [...both, third].map(({ stdout }) => stdout.trim());
  assert.deepEqual(others, [folder, folder]);
  assert.equal(builds(), 1);
  assert.deepEqual(readdirSync(folder ?? ''), ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl']);
  assert.equal(third.stderr, '');
});

test('a build that fails says why, and leaves nothing that looks built', async () => {
  const cache = newCache();
  const outcome = await need('kubernetes', cache, { PATH: fakeGo('go1.99.0', 'echo no space left; exit 2').path });
  assert.equal(outcome.status, 1);
  assert.match(outcome.stderr, /no space left/);
  assert.deepEqual(readdirSync(join(cache, 'git-ingress')), ['.lock']);
});

test('KUBEBUILDER_ASSETS is used, and completed from PATH', async () => {
  const cache = newCache();
  const assets = join(home, 'assets');
  const elsewhere = join(home, 'elsewhere');
  const expected = {
    etcd: writeProgram(assets, 'etcd', ''),
    'kube-apiserver': writeProgram(assets, 'kube-apiserver', ''),
    kubectl: writeProgram(assets, 'kubectl', ''),
    'kube-controller-manager': writeProgram(elsewhere, 'kube-controller-manager', ''),
  };
  writeProgram(elsewhere, 'etcd', '');
  const env = { PATH: `${elsewhere}:${tools}`, KUBEBUILDER_ASSETS: assets };
  const { stdout, stderr } = await need('kubernetes', cache, env);
  for (const [name, file] of Object.entries(expected)) {
    assert.equal(realpathSync(join(stdout.trim(), name)), realpathSync(file), stderr);
  }
  rmSync(expected.etcd);
  const incomplete = await need('kubernetes', cache, env);
  assert.equal(incomplete.status, 1);
  assert.match(incomplete.stderr, /holds no etcd/);
});

test('what KUBEBUILDER_ASSETS and PATH lack is built', async () => {
  const assets = join(home, 'fewer-assets');
  for (const name of ['etcd', 'kube-apiserver', 'kubectl']) writeProgram(assets, name, '');
  const env = { PATH: fakeGo('go1.99.0').path, KUBEBUILDER_ASSETS: assets };
  const { stdout, stderr } = await need('kubernetes', newCache(), env);
  assert.equal(existsSync(join(stdout.trim(), 'kube-controller-manager')), true, stderr);
  assert.match(stderr, /^Building kube-controller-manager with Go/);
});

test('a Helm of PATH is used if it is new enough', async () => {
  const helm = writeProgram(join(home, 'helm-4'), 'helm', 'echo v4.0.1');
  const { stdout } = await need('helm', newCache(), { PATH: `${join(home, 'helm-4')}:${tools}` });
  assert.equal(stdout.trim(), helm);
  writeProgram(join(home, 'helm-3'), 'helm', 'echo v3.9.4');
  const { path } = fakeGo('go1.99.0');
  const cache = newCache();
  const built = await need('helm', cache, { PATH: `${join(home, 'helm-3')}:${path}` });
  assert.ok(built.stdout.startsWith(cache) && existsSync(built.stdout.trim()), built.stderr);
});
