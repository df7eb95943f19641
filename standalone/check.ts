import { apiVersion } from '../core/api/metadata.ts';
import { compileIndex } from '../core/index/compile.ts';
import type { IndexPolicy } from '../core/index/policy.ts';
import { onOneLine } from '../core/printable.ts';
import { type ExitCode, exitCodes } from '../runtime/exit-codes.ts';
import { verdicts } from './manifests/accepted.ts';
import { nameOf } from './manifests/manifest-file.ts';
import { type Manifests, mergeFiles } from './manifests/manifests.ts';
import { formatPlace } from './manifests/problem.ts';
import { readManifests } from './manifests/read-manifests.ts';
import { whatIsRead } from './manifests/walk.ts';

export type CheckOptions = {
  /** Files and folders, all of which are taken for one installation. */
  readonly paths: readonly string[];
  readonly policy: IndexPolicy;
  /** Milliseconds since 1970: what has expired by then is not accepted. */
  readonly now: number;
  readonly print: (line: string) => void;
};

/** A line of the table. */
type Row = {
  readonly verdict: 'accepted' | 'REFUSED' | 'ignored' | 'empty';
  readonly object: string;
  readonly file: string;
  readonly line?: number;
  /** Several lines of the table may be about one object. */
  readonly objectLine?: number;
  /** Why it is refused, or what should be known of it. */
  readonly message: string;
};

/**
 * `git-ingress check`: says for each object what the operator would say in its conditions. Failed if any is not
 * accepted, or if anything could not be read.
 */
export async function check({ paths, policy, now, print }: CheckOptions): Promise<ExitCode> {
  const read: Manifests[] = [];
  for (const path of paths) read.push(await readManifests(path));
  const empty = paths.filter((_, at) => read[at]?.isCurrent && read[at].files.size === 0);
  const rows = [...buildRows(merge(read), policy, now), ...empty.map(emptyRow)].sort(byPlace);
  for (const line of formatTable(rows)) print(line);
  const accepted = rows.filter(({ verdict }) => verdict === 'accepted').length;
  const problems = rows.filter(({ verdict }) => verdict === 'REFUSED');
  const refused = new Set(problems.map(({ file, line, objectLine = line }) => formatPlace({ file, line: objectLine })));
  if (problems.some(({ objectLine }) => objectLine !== undefined)) {
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

function* buildRows(manifests: Manifests, policy: IndexPolicy, now: number): Generator<Row> {
  const compiled = compileIndex(manifests.resources, policy);
  for (const { object, finding, line } of verdicts(manifests, compiled, now)) {
    const place = { object: nameOf(object), file: object.file, line, objectLine: object.line };
    if (finding.reason === 'Accepted') yield { verdict: 'accepted', ...place, message: finding.message };
    else yield { verdict: 'REFUSED', ...place, message: `${finding.reason}: ${finding.message}` };
  }
  for (const { kind, object = '-', message, ...place } of manifests.problems) {
    yield { verdict: 'REFUSED', object, ...place, message: `${kind}: ${message}` };
  }
  for (const { what, ...place } of manifests.ignored) {
    yield { verdict: 'ignored', object: what, ...place, message: `not of ${apiVersion}: passed over` };
  }
}

/** Most likely not what was meant: the wrong folder, or files of another name. */
const emptyRow = (path: string): Row => ({
  verdict: 'empty',
  object: '-',
  file: path,
  message: `there are no manifests in it: ${whatIsRead}`,
});

const byPlace = (a: Row, b: Row): number =>
  a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : a.file < b.file ? -1 : 1;

/** Columns are as wide as their longest cell, within reason: one long path must not push all messages off the screen. */
function* formatTable(rows: readonly Row[]): Generator<string> {
  const width = (cells: readonly string[]): number =>
    Math.min(
      60,
      cells.reduce((longest, cell) => Math.max(longest, cell.length), 0),
    );
  const objects = width(rows.map(({ object }) => object));
  const places = width(rows.map(formatPlace));
  for (const row of rows) {
    const { verdict, object, message } = row;
    // A manifest may come from anybody: what it says must not be obeyed by a terminal.
    yield onOneLine(
      `${verdict.padEnd(8)}  ${object.padEnd(objects)}  ${formatPlace(row).padEnd(places)}  ${message}`.trimEnd(),
    );
  }
}
