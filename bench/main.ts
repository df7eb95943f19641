/**
 * Measures git-ingress against sshd and git-shell, and writes the table of docs/performance.md. ROUNDS sets how many
 * rounds each section has, ONLY=NAME[,NAME] runs some sections alone; with another number of KEYS than the usual one for
 * those of the cluster, the page stays as it is. Exit 1 if a figure is over its bound.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import type { Scope } from '../test/harness/server-process.ts';
import { scopeOf } from './cluster/scope.ts';
import { isUsualSize } from './cluster/size.ts';
import { type Figure, formatRow, holds, tableHead } from './figure.ts';
import { buildPerformancePage } from './performance-page.ts';
import type { Section } from './section.ts';
import { bulkClone, bulkPush } from './sections/bulk.ts';
import { bulkMemory } from './sections/bulk-memory.ts';
import { clusterChange } from './sections/cluster-change.ts';
import { clusterGateway } from './sections/cluster-gateway.ts';
import { clusterLatency } from './sections/cluster-latency.ts';
import { clusterStart } from './sections/cluster-start.ts';
import { connectionCpu } from './sections/connection-cpu.ts';
import { idleConnections } from './sections/idle-connections.ts';
import { lsRemote } from './sections/ls-remote.ts';
import { manyClones } from './sections/many-clones.ts';
import { manyKeysLogin, manyKeysReady } from './sections/many-keys.ts';
import { quickAck } from './sections/quick-ack.ts';
import { createWorkspace } from './workspace.ts';

const sections: readonly Section[] = [
  lsRemote,
  quickAck,
  connectionCpu,
  bulkClone,
  bulkPush,
  bulkMemory,
  manyClones,
  idleConnections,
  manyKeysLogin,
  manyKeysReady,
  // They share a cluster: the first one has it as it was before any operator, the last one leaves more keys behind.
  clusterStart,
  clusterChange,
  clusterGateway,
  clusterLatency,
];

const page = join(import.meta.dirname, '../docs/performance.md');

const chooseSections = (only: string | undefined): readonly Section[] => {
  const names = (only ?? '').split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !sections.some((section) => section.name === name));
  if (unknown.length > 0) {
    const known = sections.map(({ name }) => name).join(', ');
    throw new Error(`ONLY=${unknown.join(',')}: there is no such section; there are ${known}`);
  }
  return names.length === 0 ? sections : sections.filter(({ name }) => names.includes(name));
};

const chooseRounds = (given: string | undefined): number | undefined => {
  if (given === undefined || given === '') return undefined;
  if (!/^[1-9]\d{0,3}$/.test(given)) throw new Error(`ROUNDS=${given}: must be a number from 1 to 9999`);
  return Number(given);
};

const describeEnvironment = (): string => {
  const git = execFileSync('git', ['--version'], { encoding: 'utf8' }).trim();
  const debian = execFileSync('dpkg-query', ['-W', 'openssh-server'], { encoding: 'utf8' }).trim().replace('\t', ' ');
  const processors = cpus();
  return `Last run: ${debian}, ${git}, Node ${process.version}, Linux ${release()}, ${processors.length} × ${processors[0]?.model}.`;
};

/** Measures one section in a workspace of its own, so that no disk fills up with what is done with. */
const measure = async (section: Section, rounds: number | undefined, run: Scope): Promise<readonly Figure[]> => {
  const workspace = createWorkspace();
  try {
    return await section.measure({
      workspace,
      rounds: rounds ?? section.rounds,
      run,
      note: (line) => console.log(`  ${section.name}: ${line}`),
    });
  } finally {
    workspace.remove();
  }
};

const chosen = chooseSections(process.env.ONLY);
const rounds = chooseRounds(process.env.ROUNDS);
const figures: Figure[] = [];
{
  await using shared = new AsyncDisposableStack();
  for (const section of chosen) {
    console.log(`${section.name} ...`);
    const measured = await measure(section, rounds, scopeOf(shared));
    for (const figure of measured) console.log(formatRow(figure));
    figures.push(...measured);
  }
}

if (isUsualSize) {
  const order = sections.flatMap(({ works }) => works);
  writeFileSync(page, buildPerformancePage(readFileSync(page, 'utf8'), figures, order, describeEnvironment()));
}
console.log(['', ...tableHead, ...figures.map(formatRow), ''].join('\n'));
const missed = figures.filter((figure) => !holds(figure));
console.log(
  missed.length === 0 ? 'Every figure is within its bound.' : `${missed.length} figures are over their bounds.`,
);
process.exitCode = missed.length === 0 ? 0 : 1;
