import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IdleClientRequest } from '../idle-client.ts';
import { readProcessTree, readProportionalMemory, readResidentMemory } from '../process-table.ts';
import type { Section } from '../section.ts';
import { buildObject, startGitIngress } from '../servers/git-ingress.ts';
import type { Server } from '../servers/server.ts';
import { startSshd } from '../servers/sshd.ts';
import { spreadOf } from '../statistics.ts';
import { makeKey, readPublicKey, type Workspace } from '../workspace.ts';

const connections = 1000;
/** sshd has processes of its own for each connection: fewer tell as much. */
const referenceConnections = 100;
/** A user may have 200 connections at once by default. */
const users = 10;

type User = { readonly loginName: string; readonly privateKeyFile: string };

/** Opens connections that log in and then do nothing; resolves when all are in. */
const openIdle = async (server: Server, count: number, identities: readonly User[]): Promise<ChildProcess> => {
  const request: IdleClientRequest = {
    port: server.port,
    connections: count,
    identities: identities.map(({ loginName, privateKeyFile }) => ({
      loginName,
      privateKey: readFileSync(privateKeyFile, 'utf8'),
    })),
  };
  const client = fork(join(import.meta.dirname, '../idle-client.ts'), { execArgv: [] });
  client.send(request);
  const answer = await Promise.race([
    once(client, 'message').then(([message]) => message),
    once(client, 'exit').then(() => 'the idle client ended'),
  ]);
  if (answer !== 'open') throw new Error(`cannot open ${count} connections: ${answer}`);
  return client;
};

const close = async (client: ChildProcess): Promise<void> => {
  const exited = once(client, 'exit');
  client.kill();
  await exited;
};

/** The least that was seen within two seconds: garbage on its way out is not what a connection costs. */
const settle = async (read: () => number): Promise<number> => {
  let least = Number.POSITIVE_INFINITY;
  for (let sample = 0; sample < 20; sample++) {
    least = Math.min(least, read());
    await sleep(100);
  }
  return least;
};

const costOf = async (
  server: Server,
  count: number,
  identities: readonly User[],
  read: () => number,
): Promise<number> => {
  // Code and caches of a first connection are not what the thousandth costs.
  await close(await openIdle(server, Math.ceil(count / 10), identities));
  const before = await settle(read);
  const client = await openIdle(server, count, identities);
  const cost = ((await settle(read)) - before) / count;
  await close(client);
  return cost;
};

const makeUsers = (workspace: Workspace): { readonly identities: readonly User[]; readonly manifest: string } => {
  const folder = workspace.makeFolder('idle-users');
  const identities = Array.from({ length: users }, (_, index) => {
    const privateKeyFile = join(folder, `user-${index}`);
    makeKey(privateKeyFile);
    return { loginName: 'git', privateKeyFile };
  });
  const manifest = identities.map(({ privateKeyFile }, index) => {
    const name = `user-${index}`;
    const publicKey = readPublicKey(`${privateKeyFile}.pub`);
    return (
      buildObject('GitUser', name, '{}') +
      buildObject('SSHKey', name, `{publicKey: ${publicKey}, userRef: {name: ${name}}}`)
    );
  });
  return { identities, manifest: manifest.join('') };
};

const measureReference = async (workspace: Workspace): Promise<number> => {
  const server = await startSshd(workspace, []);
  try {
    const identity = { loginName: server.loginName, privateKeyFile: workspace.privateKeyFile };
    const read = (): number =>
      readProcessTree(server.pid).reduce((sum, { pid }) => sum + (readProportionalMemory(pid) || 0), 0);
    return await costOf(server, referenceConnections, [identity], read);
  } finally {
    await server.stop();
  }
};

const work = `memory of an idle connection, of ${connections}`;

export const idleConnections: Section = {
  name: 'idle',
  works: [work],
  rounds: 3,
  measure: async ({ workspace, rounds }) => {
    const reference = await measureReference(workspace);
    const { identities, manifest } = makeUsers(workspace);
    const costs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const server = await startGitIngress(workspace, [], { manifests: { 'users.yaml': manifest } });
      try {
        costs.push(await costOf(server, connections, identities, () => readResidentMemory(server.gatewayPid)));
      } finally {
        await server.stop();
      }
    }
    const spread = spreadOf(costs);
    return [
      {
        work,
        reference: `${reference.toFixed(0)} KiB (of ${referenceConnections})`,
        measured: `${((spread.median * connections) / 1024).toFixed(0)} MiB for all`,
        spread,
        unit: 'KiB',
        bound: 60,
        goal: 40,
      },
    ];
  },
};
