import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { sshOptionList } from '../harness/client.ts';
import { grant } from '../harness/manifest.ts';
import { childrenOf, kill } from '../harness/processes.ts';
import { must, run } from '../harness/run.ts';
import type { LogLine } from '../harness/standalone.ts';
import { until } from '../harness/wait.ts';
import { makeWorkTree } from '../harness/work-tree.ts';
import { startWorld } from '../harness/world.ts';

const world = await startWorld(
  { after },
  {
    users: { alice: {}, bob: {} },
    keys: { robot: { repositoryRefs: [{ name: 'app' }] } },
    repositories: {
      app: { access: [grant('Maintain', 'alice'), grant('Read', 'bob')] },
      secret: { access: [grant('Write', 'alice')] },
    },
  },
);
const { server, home } = world;
const alice = world.client('alice');
const bob = world.client('bob');
const tree = await makeWorkTree(home);
const commit = await tree.commit();

const fingerprint = async (name: string): Promise<string> =>
  (await must('ssh-keygen', ['-l', '-f', `${world.key(name).file}.pub`])).stdout.split(' ')[1] ?? '';

/** The audit lines that something writes. */
async function auditOf(action: () => Promise<unknown>, lines = 1): Promise<readonly LogLine[]> {
  const before = server.audit().length;
  await action();
  return until('audit lines', () => server.audit().length >= before + lines && server.audit().slice(before));
}

test('/livez and /readyz answer, and nothing else is there', async () => {
  assert.deepEqual(await server.get('/livez'), { status: 200, body: 'ok\n' });
  assert.deepEqual(await server.get('/readyz'), { status: 200, body: 'ok\n' });
  assert.equal((await server.get('/')).status, 404);
  const posted = await fetch(`http://127.0.0.1:${server.httpPort}/readyz`, { method: 'POST' });
  assert.equal(posted.status, 405);
});

test('a session has one audit line with who, what, by which rule, and how it went', async () => {
  const [line, ...more] = await auditOf(() =>
    alice.mustGit(tree.folder, ['push', '--quiet', alice.url('team/app'), 'main']),
  );
  assert.deepEqual(more, []);
  const { time, connectionId, correlationId, uid, bytesIn, bytesOut, seconds, clientVersion, ...fields } = line ?? {
    msg: '',
  };
  assert.deepEqual(fields, {
    ...{ level: 'info', component: 'standalone', audit: true, msg: 'session ended' },
    ...{ address: '127.0.0.1', loginName: 'git', fingerprint: await fingerprint('alice') },
    ...{ command: "git-receive-pack '/team/app'", who: 'GitUser team/alice', key: 'team/alice' },
    ...{ repository: 'team/app', path: 'team/app', verb: 'receive-pack' },
    ...{ decision: 'allow', rule: 'Repository team/app spec.access[0]', outcome: 'Completed', exitStatus: 0 },
    push: {
      ...{ accepted: true, total: 1, landed: 1, counts: [{ action: 'Create', verdict: 'allow', refs: 1 }] },
      refs: [
        {
          ...{ ref: 'refs/heads/main', old: '0'.repeat(40), new: commit, action: 'Create', allow: true, landed: true },
          rule: 'Repository team/app spec.access[0]',
        },
      ],
    },
  });
  assert.match(String(clientVersion), /^OpenSSH_/);
  assert.match(String(connectionId), /^[0-9a-z]{12}$/);
  assert.match(String(correlationId), /^[0-9a-z]{12}$/);
  assert.ok(Number(bytesIn) > 100 && Number(bytesOut) > 100 && Number(seconds) > 0);
  assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000);
  assert.match(String(uid), /^[0-9a-f-]{36}$/);

  const [robot] = await auditOf(() => world.client('robot').mustGit(home, ['ls-remote', alice.url('team/app')]));
  assert.equal(robot?.who, 'SSHKey team/robot');
  assert.equal(robot?.rule, 'SSHKey team/robot spec.repositoryRefs');
});

test('the beginning of a session is logged while it runs, for a gateway that does not live to see its end', async () => {
  const session = alice.startSsh(["git-upload-pack 'team/app'"]);
  const line = await server.logged('the beginning', ({ msg, command }) => {
    return msg === 'session started' && command === "git-upload-pack 'team/app'";
  });
  assert.ok(session.isRunning);
  assert.deepEqual(
    [line.level, line.audit, line.who, line.key, line.path, line.verb, line.fingerprint],
    ['info', undefined, 'GitUser team/alice', 'team/alice', 'team/app', 'upload-pack', await fingerprint('alice')],
  );
  const [end] = await auditOf(async () => session.write('0000'));
  assert.equal(end?.correlationId, line.correlationId);
});

test('a refusal has one audit line, which tells apart what the user is not told', async () => {
  const [forbidden] = await auditOf(() => bob.git(home, ['ls-remote', bob.url('team/secret')]));
  const [absent] = await auditOf(() => bob.git(home, ['ls-remote', bob.url('team/absent')]));
  const [low] = await auditOf(() => bob.git(tree.folder, ['push', bob.url('team/app'), 'main']));
  const [key] = await auditOf(() => world.client('robot').git(tree.folder, ['push', bob.url('team/app'), 'main']));
  const fields = [forbidden, absent, low, key].map((line) => {
    const { msg, level, decision, reason, who, path, rule } = line ?? { msg: '' };
    assert.deepEqual({ msg, level, decision }, { msg: 'session refused', level: 'warn', decision: 'deny' });
    return [reason, who, path, rule];
  });
  assert.deepEqual(fields, [
    ['NoGrant', 'GitUser team/bob', 'team/secret', 'Repository team/secret spec.access'],
    ['NotFound', undefined, 'team/absent', undefined],
    ['RoleTooLow', 'GitUser team/bob', 'team/app', 'Repository team/app spec.access[1]'],
    ['KeyReadOnly', 'SSHKey team/robot', 'team/app', 'SSHKey team/robot spec.access'],
  ]);
  const refusals = async (reason: string): Promise<number> =>
    server.metric('git_ingress_session_refusals_total', `reason="${reason}"`);
  for (const reason of ['NoGrant', 'NotFound', 'RoleTooLow', 'KeyReadOnly']) assert.equal(await refusals(reason), 1);
});

test('/metrics tells of logins, sessions, bytes, refs, the index, queues and the event loop', async () => {
  const { status, body } = await server.get('/metrics');
  assert.equal(status, 200);
  const names = new Set([...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const expected = [
    ...[
      'logins_total',
      'login_failures_total',
      'keys_refused_total',
      'logins_ended_total',
      'connections_refused_total',
      'live_checks_failed_total',
    ],
    ...['login_duration_seconds', 'sessions_total', 'session_refusals_total', 'session_duration_seconds'],
    ...['session_start_duration_seconds', 'session_bytes_total', 'ref_updates_total', 'connections', 'sessions'],
    ...['connections_pending', 'index_revision', 'index_age_seconds', 'manifest_problems', 'build_info'],
    ...['repository_sessions_queued', 'repository_processes', 'repository_sessions_total', 'repository_pushes_total'],
  ].map((name) => `git_ingress_${name}`);
  assert.deepEqual(
    [...expected, 'nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes'].filter(
      (name) => !names.has(name),
    ),
    [],
  );
  assert.ok((await server.metric('git_ingress_logins_total')) > 0);
  assert.ok((await server.metric('git_ingress_session_bytes_total', 'verb="receive-pack",direction="in"')) > 100);
  await until('a fresh index', async () => (await server.metric('git_ingress_index_age_seconds')) < 2);
  assert.ok(!body.includes('alice') && !body.includes('team'), 'no label has values that people choose');
});

test('whoever has to wait for the repository is told so, and served when it is back', async () => {
  const repository = childrenOf(server.process.pid).find(({ command }) => command.includes(' repository '));
  kill(repository?.pid, 'SIGSTOP');
  const waiting = alice.startGit(home, ['ls-remote', alice.url('team/app')]);
  await until('a word', () => waiting.stderr.includes('git-ingress: waiting for the repository'));
  kill(repository?.pid, 'SIGCONT');
  const { status, stdout } = await waiting.ended;
  assert.equal(status, 0);
  assert.match(stdout, new RegExp(commit));
});

test('when the repository server cannot be reached, the message leads to the log', async () => {
  const repository = (): number | undefined =>
    childrenOf(server.process.pid).find(({ command }) => command.includes(' repository '))?.pid;
  const trying = alice.startGit(home, ['ls-remote', alice.url('team/app')]);
  // As soon as it comes back it goes again.
  const { status, stderr } = await until('the end of patience', async () => {
    kill(repository());
    return !trying.isRunning && (await trying.ended);
  });
  assert.notEqual(status, 0);
  const told = /git-ingress: the repository server cannot be reached; try again in a moment \(correlation id (\w+)\)/;
  const correlationId = told.exec(stderr)?.[1];
  assert.ok(correlationId, stderr);
  const line = await server.logged('the fault', (each) => each.correlationId === correlationId && each.audit === true);
  assert.deepEqual([line.level, line.outcome, line.who], ['error', 'Fault', 'GitUser team/alice']);
  assert.ok((await server.metric('git_ingress_sessions_total', 'outcome="Fault"')) >= 1);
  await until('it is back', async () => (await server.get('/readyz')).status === 200);
});

test('why a session was given up before its git ran is told to the repository server', async (context) => {
  const narrow = await startWorld(context, {
    users: { alice: {} },
    repositories: { app: { access: [grant('Write', 'alice')] } },
    args: ['--repository-max-sessions', '1', '--repository-max-queued', '3'],
  });
  const first = narrow.client('alice').startSsh(["git-upload-pack 'team/app'"]);
  await until('git', () => first.stdout !== '');
  const second = narrow.client('alice').startSsh(["git-upload-pack 'team/app'"]);
  await until(
    'a place in the queue',
    async () => (await narrow.server.metric('git_ingress_repository_sessions_queued')) === 1,
  );
  second.signal('SIGTERM');
  const { outcome, reason } = await narrow.server.logged('the end', ({ component, msg }) => {
    return component === 'repository' && msg === 'git ended';
  });
  assert.deepEqual([outcome, reason], ['Cancelled', 'the client went away']);
});

/** Ways to come without a key, and the login name that each tries. */
const keyless: readonly [name: string, come: (port: number) => Promise<unknown>, loginName: string | undefined][] = [
  [
    'a client that has passwords alone',
    (port) => run('ssh', ['-p', String(port), ...withoutKey, ...sshOptionList('BatchMode=yes'), 'malöry@127.0.0.1']),
    'mal?ry',
  ],
  [
    'a client that does not trust the host key',
    (port) => run('ssh', ['-p', String(port), ...sshOptionList('BatchMode=yes'), '-F', 'none', 'git@127.0.0.1']),
    undefined,
  ],
  [
    'a scanner for host keys',
    (port) => run('ssh-keyscan', ['-t', 'ed25519', '-p', String(port), '127.0.0.1']),
    undefined,
  ],
  [
    'a scanner for ports',
    async (port) => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'data');
      socket.destroy();
    },
    undefined,
  ],
];
const withoutKey = [
  ...['-F', 'none'],
  ...sshOptionList('PubkeyAuthentication=no', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'),
];

test('who offers no key is counted, and is no audit line', async (context) => {
  const quiet = (await startWorld(context, { args: ['--log-level', 'debug'] })).server;
  for (const [at, [name, come, loginName]] of keyless.entries()) {
    await come(quiet.port);
    const lines = await until(name, () => {
      const found = quiet.log.filter(({ msg }) => msg === 'no key was offered');
      return found.length > at && found;
    });
    assert.deepEqual([lines.length, lines[at]?.level, lines[at]?.loginName], [at + 1, 'debug', loginName], name);
  }
  assert.deepEqual(quiet.audit(), []);
  assert.equal(await quiet.metric('git_ingress_login_failures_total'), keyless.length);
  assert.equal(await quiet.metric('git_ingress_login_failures_total', 'reason="Rejected"'), 0);
});

test('who is connected can be told from the log', async () => {
  const before = server.log.length;
  assert.equal((await alice.ssh([])).status, 0);
  const line = await until('the end', () => server.log.slice(before).find(({ msg }) => msg === 'logged out'));
  const begin = server.log.slice(before).find(({ msg }) => msg === 'logged in');
  assert.deepEqual(
    [line.level, line.audit, line.connectionId, line.who, line.sessions],
    ['info', undefined, begin?.connectionId, ['GitUser team/alice'], 1],
  );
  assert.ok(Number(line.seconds) > 0);
  const idsOf = (message: string): readonly unknown[] =>
    server.log.filter(({ msg }) => msg === message).map(({ connectionId }) => connectionId);
  await until('nobody is left', () => idsOf('logged in').every((id) => idsOf('logged out').includes(id)));
  assert.equal(new Set(idsOf('logged out')).size, idsOf('logged out').length);
});

test('SIGHUP changes nothing', async () => {
  server.process.kill('SIGHUP');
  await server.logged('that there is nothing to reload', ({ msg }) => msg.startsWith('nothing to reload'));
  await alice.mustGit(home, ['ls-remote', alice.url('team/app')]);
});

test('a connection that makes room for another is told of once', async (context) => {
  const narrow = await startWorld(context, { args: ['--login-max-pending', '2', '--log-level', 'debug'] });
  const open = async (): Promise<Socket> => {
    const socket = connect(narrow.server.port, '127.0.0.1').on('error', () => {});
    await once(socket, 'data');
    socket.write('SSH-2.0-slow\r\n');
    return socket;
  };
  const first = await open();
  const gone = once(first, 'close');
  const others = [await open(), await open()];
  await gone;
  const lines = await until('the refusal', () => {
    const found = narrow.server.log.filter(({ address }) => address === '127.0.0.1');
    return found.length > 0 && found;
  });
  assert.deepEqual(
    lines.map(({ msg, reason, audit }) => [msg, reason, audit]),
    [['connection refused', 'TooManyPending', true]],
  );
  assert.equal(await narrow.server.metric('git_ingress_connections_refused_total'), 1);
  assert.equal(await narrow.server.metric('git_ingress_login_failures_total'), 0);
  for (const socket of others) socket.destroy();
});

test('when nobody takes the log any more, the server says that it is not ready', async (context) => {
  const mute = await startWorld(context, { users: { alice: {} } });
  assert.equal((await mute.server.get('/readyz')).status, 200);
  mute.server.process.stdout?.destroy();
  // Something to log.
  assert.equal((await mute.client('alice').ssh([])).status, 0);
  await until('the end of readiness', async () => (await mute.server.get('/readyz')).status === 503);
  assert.match((await mute.server.get('/readyz')).body, /^- log lines are being lost, audit lines among them$/m);
  assert.equal((await mute.server.get('/livez')).status, 200);
});
