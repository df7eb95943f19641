import type { Condition } from '../core/api/condition.ts';
import { compileIndex } from '../core/index/compile.ts';
import type { IndexPolicy } from '../core/index/policy.ts';
import { type ExitCode, exitCodes } from '../runtime/exit-codes.ts';
import { acceptedConditions, nameOf } from './manifests/accepted.ts';
import { type Manifests, mergeFiles } from './manifests/manifests.ts';
import { formatPlace } from './manifests/problem.ts';
import { readManifests } from './manifests/read-manifests.ts';

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
  readonly verdict: 'accepted' | 'REFUSED' | 'ignored ';
  readonly object: string;
  readonly file: string;
  readonly line?: number;
  /** Why it is refused, or what should be known of it. */
  readonly message: string;
};

/**
 * `git-ingress check`: says for each object what the operator would say in its conditions. Failed if any is not
 * accepted, or if anything could not be read.
 */
export async function check({ paths, policy, now, print }: CheckOptions): Promise<ExitCode> {
  const manifests = await readAll(paths);
  const rows = [...buildRows(manifests, policy, now)].sort(byPlace);
  for (const line of formatTable(rows)) print(line);
  const refused = rows.filter(({ verdict }) => verdict === 'REFUSED').length;
  const accepted = rows.filter(({ verdict }) => verdict === 'accepted').length;
  print(`${accepted} accepted, ${refused} refused`);
  return refused === 0 ? exitCodes.good : exitCodes.failed;
}

async function readAll(paths: readonly string[]): Promise<Manifests> {
  const read: Manifests[] = [];
  for (const path of paths) read.push(await readManifests(path));
  const files = new Map(read.flatMap((manifests) => [...manifests.files]));
  return mergeFiles(
    files,
    read.flatMap(({ unreadable }) => unreadable),
    read.every(({ isCurrent }) => isCurrent),
  );
}

function* buildRows(manifests: Manifests, policy: IndexPolicy, now: number): Generator<Row> {
  const compiled = compileIndex(manifests.resources, policy);
  for (const { object, condition } of acceptedConditions(manifests, compiled, now)) {
    const verdict = condition.status === 'True' ? 'accepted' : 'REFUSED';
    const { file, line } = object;
    yield { verdict, object: nameOf(object), file, line, message: describe(condition) };
  }
  for (const { kind, object = '-', message, ...place } of manifests.problems) {
    yield { verdict: 'REFUSED', object, ...place, message: `${kind}: ${message}` };
  }
  for (const { what, ...place } of manifests.ignored) {
    yield { verdict: 'ignored ', object: what, ...place, message: 'none of ours' };
  }
}

const byPlace = (a: Row, b: Row): number =>
  a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : a.file < b.file ? -1 : 1;

const describe = ({ status, reason, message }: Condition): string =>
  status === 'True' ? message : `${reason}: ${message}`;

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
    yield printable(`${verdict}  ${object.padEnd(objects)}  ${formatPlace(row).padEnd(places)}  ${message}`.trimEnd());
  }
}

/** A manifest may come from anybody: what it says must not be obeyed by a terminal. */
const printable = (text: string): string =>
  text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
