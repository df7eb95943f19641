import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { cipherAlgorithms, hostKeyAlgorithms, keyExchangeAlgorithms } from '../../gateway/ssh/algorithms.ts';
import { type Client, createClient, gitEnvironment, makeKey, sshOptionList } from '../harness/client.ts';
import { grant, manifest, sshKey } from '../harness/manifest.ts';
import { environmentOf, gitProcesses } from '../harness/processes.ts';
import { must, type Running, run, start } from '../harness/run.ts';
import { knownHosts } from '../harness/standalone.ts';
import { until } from '../harness/wait.ts';
import { makeWorkTree } from '../harness/work-tree.ts';
import { startWorld } from '../harness/world.ts';

const world = await startWorld(
  { after },
  {
    users: { alice: { displayName: 'Alice Liddell' }, bob: {} },
    keys: { robot: { repositoryRefs: [{ name: 'app' }] } },
    repositories: {
      app: { description: 'The app', access: [grant('Maintain', 'alice')] },
      notes: { access: [grant('Read', 'alice')] },
      secret: { access: [grant('Read', 'bob')] },
    },
  },
);
const { server, home } = world;
const alice = world.client('alice');
const url = alice.url('team/app.git');
const tree = await makeWorkTree(home);
const head = await tree.commit();
await alice.mustGit(tree.folder, ['push', '--quiet', url, 'main']);

const fingerprintOf = async (name: string): Promise<string> =>
  (await must('ssh-keygen', ['-l', '-f', `${world.key(name).file}.pub`])).stdout.split(' ')[1] ?? '';

/** Starts a session that stays: git-upload-pack waits for what the client wants. */
const startSession = (client: Client): Running => client.startSsh(["git-upload-pack 'team/app.git'"]);

const sessions = (): Promise<number> => server.metric('git_ingress_sessions');
const untilSessions = (count: number): Promise<unknown> =>
  until(`${count} sessions`, async () => (await sessions()) === count);

test('without a command, a greeting names user, key, and what they reach', async () => {
  const { status, stdout, stderr } = await alice.ssh(['-T']);
  assert.equal(status, 0);
  assert.equal(stderr, '');
  assert.equal(
    stdout,
    `Hello Alice Liddell (team/alice), you logged in with SSHKey team/alice (${await fingerprintOf('alice')}).

You can reach:
  maintain  team/app    The app
  read      team/notes
`,
  );
  const robot = await world.client('robot').ssh(['-T']);
  assert.match(
    robot.stdout,
    /^Hello deploy key team\/robot \(SHA256:\S+\)\.\n\nYou can reach:\n {2}read {2}team\/app {2}The app\n$/,
  );
  await server.logged('greeted', ({ msg, who }) => msg === 'greeted' && String(who) === 'GitUser team/alice');
});

test('ssh -n ends at once, with a greeting or with a command', async () => {
  assert.match((await alice.ssh(['-n'])).stdout, /^Hello Alice/);
  const ended = await alice.ssh(['-n', "git  upload-pack 'team/app.git'"]);
  const local = await run('git', ['upload-pack', world.store('app')], { env: gitEnvironment });
  assert.equal(ended.status, local.status);
  assert.match(ended.stdout, new RegExp(`${head} HEAD`));
});

test('ten sessions run at once on one connection, and an eleventh is refused', async () => {
  const socket = join(home, 'control');
  const master = world.client('alice', sshOptionList('ControlMaster=yes', `ControlPath=${socket}`));
  const client = world.client('alice', sshOptionList(`ControlPath=${socket}`));
  const connection = master.startSsh(['-N']);
  await until('the master connection', async () => (await client.ssh(['-O', 'check'])).status === 0);
  const logins = await server.metric('git_ingress_logins_total');
  const running = Array.from({ length: 10 }, () => startSession(client));
  await untilSessions(10);
  const eleventh = startSession(client);
  await until('a refusal', () => /Session open refused by peer/.test(eleventh.stderr));
  eleventh.signal('SIGKILL');
  for (const session of running) session.write('0000');
  for (const session of running) assert.equal((await session.ended).status, 0);

  const clones = Array.from({ length: 10 }, (_, index) =>
    client.git(home, ['clone', '--quiet', url, `clone-${index}`]),
  );
  for (const { status, stderr } of await Promise.all(clones)) assert.equal(status, 0, stderr);
  // One for the eleventh session, with which ssh tried a connection of its own.
  assert.ok((await server.metric('git_ingress_logins_total')) <= logins + 1);
  await client.ssh(['-O', 'exit']);
  await connection.ended;
});

test('an agent may hold fifteen keys of which the last is right', async () => {
  const socket = join(home, 'agent');
  const agent = start('ssh-agent', ['-D', '-a', socket]);
  const env = { SSH_AUTH_SOCK: socket };
  await until('the agent', async () => (await run('ssh-add', ['-l'], { env })).status === 1);
  for (let index = 0; index < 14; index++) {
    await must('ssh-add', ['-q', (await makeKey(home, `agent-${index}`)).file], { env });
  }
  await must('ssh-add', ['-q', world.key('alice').file], { env });
  const options = sshOptionList(`IdentityAgent=${socket}`, 'IdentitiesOnly=no', 'IdentityFile=none');
  const outcome = await run('ssh', [
    ...options,
    ...alice.sshOptions.filter((option, index, all) => option !== '-i' && all[index - 1] !== '-i'),
    'git@127.0.0.1',
  ]);
  agent.signal('SIGTERM');
  assert.equal(outcome.status, 0, outcome.stderr);
  assert.match(outcome.stdout, /^Hello Alice/);
});

test('there is no terminal, agent, X11, forwarding or subsystem', async () => {
  const command = `ssh ${alice.sshOptions.join(' ')} git@127.0.0.1`;
  const terminal = await run('script', ['--quiet', '--return', '--command', command, join(home, 'typescript')]);
  assert.match(terminal.stdout, /PTY allocation request failed on channel 0/);
  assert.match(terminal.stdout, /Hello Alice/);
  assert.equal(terminal.status, 0);
  const subsystem = await alice.ssh(['-s', 'sftp']);
  assert.match(subsystem.stderr, /subsystem request failed on channel 0/);
  assert.notEqual(subsystem.status, 0);
  const strict = sshOptionList('ExitOnForwardFailure=yes');
  const remote = await alice.ssh([...strict, '-R', '127.0.0.1:0:127.0.0.1:1', '-N']);
  assert.match(remote.stderr, /remote port forwarding failed/);
  assert.equal(remote.status, 255);
  const stdio = await alice.ssh(['-W', `127.0.0.1:${server.httpPort}`]);
  assert.match(stdio.stderr, /administratively prohibited/);
  assert.equal(stdio.status, 255);

  const agent = join(home, 'forwarded-agent');
  const agentProcess = start('ssh-agent', ['-D', '-a', agent]);
  const xauth = { DISPLAY: '127.0.0.1:99', SSH_AUTH_SOCK: agent };
  const forwarding = await alice.ssh(['-v', '-A', '-X', ...sshOptionList('ForwardX11Timeout=0')], { env: xauth });
  agentProcess.signal('SIGTERM');
  assert.match(forwarding.stdout, /^Hello Alice/);
  assert.equal(forwarding.status, 0);
  assert.doesNotMatch(forwarding.stderr, /client_request_(agent|x11)/);
});

test('a local port that is forwarded leads nowhere', async () => {
  const socket = join(home, 'forwarded');
  const forwarder = alice.startSsh(['-N', '-L', `${socket}:127.0.0.1:${server.httpPort}`]);
  await until('the local end', () => existsSync(socket));
  let answer = '';
  const client = connect(socket, () => client.write('GET /livez HTTP/1.0\r\n\r\n'));
  client.on('error', () => {});
  client.on('data', (bytes) => {
    answer += String(bytes);
  });
  await until('a refusal', () => /administratively prohibited/.test(forwarder.stderr));
  forwarder.signal('SIGTERM');
  await forwarder.ended;
  client.destroy();
  assert.equal(answer, '');
});

test('each allowed algorithm, alone, lets git through', async () => {
  const known = async (kind: string): Promise<ReadonlySet<string>> =>
    new Set((await must('ssh', ['-Q', kind])).stdout.split('\n'));
  const offered = [
    ...keyExchangeAlgorithms.map((name) => ['KexAlgorithms', name, 'kex'] as const),
    ...cipherAlgorithms.map((name) => ['Ciphers', name, 'cipher'] as const),
    ...Object.values(hostKeyAlgorithms)
      .flat()
      .map((name) => ['HostKeyAlgorithms', name, 'HostKeyAlgorithms'] as const),
  ];
  let tried = 0;
  for (const [option, name, kind] of offered) {
    if (!(await known(kind)).has(name)) continue;
    const client = world.client('alice', sshOptionList(`${option}=${name}`));
    const { stdout } = await client.mustGit(home, ['ls-remote', url, 'HEAD']);
    assert.equal(stdout, `${head}\tHEAD\n`, name);
    tried++;
  }
  assert.ok(tried >= 8, `this machine's ssh knows only ${tried} of ours`);
});

test('nothing weaker is offered', async () => {
  const weak = [
    ...['KexAlgorithms=diffie-hellman-group14-sha1', 'KexAlgorithms=diffie-hellman-group-exchange-sha256'],
    ...['Ciphers=aes128-cbc', 'Ciphers=aes128-ctr', 'HostKeyAlgorithms=ssh-rsa', 'HostKeyAlgorithms=ssh-dss'],
  ];
  for (const option of weak) {
    const { status, stderr } = await world.client('alice', sshOptionList(option)).ssh([]);
    assert.equal(status, 255, option);
    assert.match(stderr, /no matching|Bad/i, option);
  }
});

for (const type of [
  ['rsa', '-b', '3072'],
  ['ecdsa', '-b', '256'],
  ['ecdsa', '-b', '384'],
  ['ecdsa', '-b', '521'],
]) {
  test(`users have keys of type ${type.join(' ')}`, async () => {
    const name = `alice-${type[0]}${type[2]}`;
    const key = await makeKey(home, name, type);
    server.write(`keys/${name}.yaml`, manifest(sshKey(name, { publicKey: key.publicKey, userRef: { name: 'alice' } })));
    const client = createClient(server, key);
    await until('the login', async () => (await client.ssh([])).status === 0);
    assert.match((await client.ssh([])).stdout, new RegExp(`SSHKey team/${name}`));
    if (type[0] !== 'rsa') return;
    for (const algorithm of ['rsa-sha2-256', 'rsa-sha2-512']) {
      const one = createClient(server, key, sshOptionList(`PubkeyAcceptedAlgorithms=${algorithm}`));
      assert.equal((await one.ssh([])).status, 0, algorithm);
    }
    const sha1 = createClient(server, key, sshOptionList('PubkeyAcceptedAlgorithms=ssh-rsa'));
    assert.notEqual((await sha1.ssh([])).status, 0);
  });
}

test("the login name is git, or one's own", async () => {
  assert.match((await alice.ssh([], { user: 'alice' })).stdout, /^Hello Alice/);
  await alice.mustGit(home, ['ls-remote', alice.url('team/app', 'alice')]);
  for (const user of ['bob', 'root', 'Alice', 'admin']) {
    const { status, stderr } = await alice.ssh([], { user });
    assert.equal(status, 255);
    assert.match(stderr, /Permission denied \(publickey\)/);
  }
});

test('users who share a key log in by their own names', async () => {
  const key = await makeKey(home, 'shared');
  for (const name of ['alice', 'bob']) {
    const text = manifest(sshKey(`shared-${name}`, { publicKey: key.publicKey, userRef: { name } }));
    server.write(`keys/shared-${name}.yaml`, text);
  }
  const client = createClient(server, key);
  await until('both are known', async () => (await client.ssh([], { user: 'bob' })).status === 0);
  assert.match((await client.ssh([], { user: 'alice' })).stdout, /^Hello Alice Liddell \(team\/alice\)/);
  assert.match((await client.ssh([], { user: 'bob' })).stdout, /^Hello team\/bob, .*SSHKey team\/shared-bob/);
  assert.equal((await client.ssh([])).status, 255);
});

test('a key may be bound to addresses, and to a time', async () => {
  const key = await makeKey(home, 'bound');
  const text = (spec: object): string =>
    manifest(sshKey('bound', { publicKey: key.publicKey, userRef: { name: 'alice' }, ...spec }));
  server.write('keys/bound.yaml', text({ sourceRanges: ['127.0.0.2/31'], notBefore: '2020-01-01T00:00:00Z' }));
  const near = createClient(server, key, ['-b', '127.0.0.3']);
  await until('the login', async () => (await near.ssh([])).status === 0);
  assert.equal((await createClient(server, key).ssh([])).status, 255);
  await server.logged('the reason', ({ msg, offered }) => {
    return msg === 'login failed' && JSON.stringify(offered).includes('"SourceAddress"');
  });
  server.write('keys/bound.yaml', text({ notBefore: '2999-01-01T00:00:00Z' }));
  await until('the refusal', async () => (await near.ssh([])).status === 255);
  await server.logged('the reason', ({ msg, offered }) => {
    return msg === 'login failed' && JSON.stringify(offered).includes('"NotYetValid"');
  });
});

test('of what a client puts into the environment, GIT_PROTOCOL alone arrives', async () => {
  const session = alice.startSsh([
    ...sshOptionList('SetEnv=GIT_PROTOCOL=version=1 GIT_TRACE=1 GIT_DIR=/ LD_PRELOAD=/x PATH=/x'),
    'git-upload-pack team/app',
  ]);
  const [git] = await until('git', () => {
    const found = gitProcesses(server.data);
    return found.length > 0 && found;
  });
  const environment = environmentOf(git?.pid ?? 0);
  session.write('0000');
  const { stdout } = await session.ended;
  assert.match(stdout, /^000eversion 1\n/);
  assert.ok(environment.includes('GIT_PROTOCOL=version=1'));
  for (const name of ['GIT_TRACE', 'GIT_DIR', 'LD_PRELOAD', 'SSH_CONNECTION', 'GIT_INGRESS_SSH_LISTEN', 'USER']) {
    assert.ok(!environment.some((variable) => variable.startsWith(`${name}=`)), name);
  }
  assert.ok(environment.some((variable) => /^PATH=\/usr/.test(variable)));
});

test('passwords are not asked for', async () => {
  const { status, stderr } = await alice.ssh(sshOptionList('PubkeyAuthentication=no', 'BatchMode=no'));
  assert.equal(status, 255);
  assert.match(stderr, /Permission denied \(publickey\)/);
});

test('the identification line says git-ingress and nothing more', async () => {
  const line = await new Promise<string>((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', reject);
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(bytes.toString('latin1').split('\n', 1)[0] ?? '');
    });
  });
  assert.equal(line, 'SSH-2.0-git-ingress\r');
});

test('clients may ask for compression, and for new keys in mid-transfer', async () => {
  const big = await makeWorkTree(home);
  await big.commit('noise', 'x'.repeat(100));
  const client = world.client('alice', ['-C', ...sshOptionList('RekeyLimit=1M')]);
  await must('sh', ['-c', 'head -c 4000000 /dev/urandom > noise'], { cwd: big.folder });
  await big.git('commit', '--quiet', '--all', '--message', 'Noise');
  await client.mustGit(big.folder, ['push', '--quiet', url, 'main:noise']);
  await client.mustGit(home, ['clone', '--quiet', '--branch', 'noise', url, 'noise']);
  assert.deepEqual(readFileSync(join(home, 'noise/noise')), readFileSync(join(big.folder, 'noise')));
});

test("dropbear's client clones and pushes", async () => {
  const dropbearHome = join(home, 'dropbear');
  mkdirSync(join(dropbearHome, '.ssh'), { recursive: true, mode: 0o700 });
  const file = join(dropbearHome, 'key');
  const made = await must('dropbearkey', ['-t', 'ed25519', '-f', file]);
  const publicKey = /^ssh-ed25519 \S+/m.exec(made.stdout)?.[0];
  server.write('keys/dropbear.yaml', manifest(sshKey('dropbear', { publicKey, userRef: { name: 'alice' } })));
  const hosts = knownHosts(server)
    .split('\n')
    .map((line) => line.replace(/^\[127\.0\.0\.1\]:\d+/, '127.0.0.1'));
  await must('sh', ['-c', 'cat > "$1"', 'sh', join(dropbearHome, '.ssh/known_hosts')], { input: hosts.join('\n') });
  const env = {
    HOME: dropbearHome,
    GIT_SSH_COMMAND: `dbclient -i ${file} -p ${server.port}`,
    GIT_SSH_VARIANT: 'simple',
  };
  const remote = 'git@127.0.0.1:team/app.git';
  const folder = join(home, 'from-dropbear');
  await until('the login', async () => (await alice.git(home, ['ls-remote', remote], { env })).status === 0);
  await alice.mustGit(home, ['clone', '--quiet', remote, folder], { env });
  const copy = await makeWorkTree(home, folder);
  const commit = await copy.commit();
  await alice.mustGit(folder, ['push', '--quiet', remote, 'HEAD:by-dropbear'], { env });
  const { stdout } = await alice.mustGit(home, ['ls-remote', url, 'refs/heads/by-dropbear']);
  assert.equal(stdout, `${commit}\trefs/heads/by-dropbear\n`);
});
