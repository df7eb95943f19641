import { compileIndex } from '../core/index/compile.ts';
import type { IndexPolicy } from '../core/index/policy.ts';
import { onOneLine } from '../core/printable.ts';
import type { StoredObjects } from '../operator/list-objects.ts';
import { type ExitCode, exitCodes } from '../runtime/exit-codes.ts';
import { applyManifests } from './apply-manifests.ts';
import { type CheckRow, clusterRows, emptyRow, manifestRows } from './check-rows.ts';
import { type Manifests, mergeFiles } from './manifests/manifests.ts';
import { formatPlace } from './manifests/problem.ts';
import { readManifests } from './manifests/read-manifests.ts';

export type CheckOptions = {
  /** Files and folders, all of which are taken for one installation. */
  readonly paths: readonly string[];
  /** What the installation has already; without paths, that is what is checked. */
  readonly cluster?: StoredObjects | undefined;
  readonly policy: IndexPolicy;
  /** Milliseconds since 1970: what has expired by then is not accepted. */
  readonly now: number;
  readonly print: (line: string) => void;
};

/**
 * `git-ingress check`: says for each object what the operator would say in its conditions. Failed if any is not
 * accepted, or if anything could not be read.
 */
export async function check({ paths, cluster, policy, now, print }: CheckOptions): Promise<ExitCode> {
  const read: Manifests[] = [];
  for (const path of paths) read.push(await readManifests(path));
  const empty = paths.filter((_, at) => read[at]?.isCurrent && read[at].files.size === 0);
  const manifests = merge(read);
  const { resources } = manifests;
  const compiled = compileIndex(cluster === undefined ? resources : applyManifests(cluster, resources), policy);
  const rows =
    cluster !== undefined && paths.length === 0
      ? [...clusterRows(cluster, compiled, now)]
      : [...manifestRows(manifests, compiled, now), ...empty.map(emptyRow)].sort(byPlace);
  for (const line of formatTable(rows)) print(line);
  const accepted = rows.filter(({ verdict }) => verdict === 'accepted').length;
  const problems = rows.filter(({ verdict }) => verdict === 'REFUSED');
  const refused = new Set(problems.map(nameOfProblem));
  if (problems.some(({ file, objectLine }) => file === undefined || objectLine !== undefined)) {
    print('A server takes refused objects out of service until they are repaired, whatever they said before.');
  }
  print(`${accepted} accepted, ${refused.size} refused`);
  return refused.size === 0 ? exitCodes.good : exitCodes.failed;
}

const merge = (read: readonly Manifests[]): Manifests =>
  mergeFiles(
    new Map(read.flatMap(({ files }) => [...files])),
    read.flatMap(({ unreadable }) => unreadable),
    read.every(({ isCurrent }) => isCurrent),
  );

/** The same for all problems of one object, and of one file that is broken as a whole. */
const nameOfProblem = ({ object, file, line, objectLine = line }: CheckRow): string =>
  file === undefined ? object : formatPlace({ file, line: objectLine });

const byPlace = (
  { file: a = '', line: lineOfA = 0 }: CheckRow,
  { file: b = '', line: lineOfB = 0 }: CheckRow,
): number => (a === b ? lineOfA - lineOfB : a < b ? -1 : 1);

/** Columns are as wide as their longest cell, within reason: one long path must not push all messages off the screen. */
function* formatTable(rows: readonly CheckRow[]): Generator<string> {
  const width = (cells: readonly string[]): number =>
    Math.min(
      60,
      cells.reduce((longest, cell) => Math.max(longest, cell.length), 0),
    );
  const objects = width(rows.map(({ object }) => object));
  const places = width(rows.map(placeOf));
  for (const row of rows) {
    const { verdict, object, message } = row;
    const cells = [verdict.padEnd(8), object.padEnd(objects), placeOf(row).padEnd(places), message];
    // A manifest may come from anybody: what it says must not be obeyed by a terminal.
    yield onOneLine(
      cells
        .filter((cell, at) => at > 2 || cell !== '')
        .join('  ')
        .trimEnd(),
    );
  }
}

const placeOf = ({ file, line }: CheckRow): string => (file === undefined ? '' : formatPlace({ file, line }));
