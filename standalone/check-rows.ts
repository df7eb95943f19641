import { apiVersion } from '../core/api/metadata.ts';
import { keyOf } from '../core/api/object-key.ts';
import { type CompiledIndex, findingAt } from '../core/index/compile.ts';
import type { Finding } from '../core/index/findings.ts';
import { withNotes } from '../core/index/notes.ts';
import type { StoredObjects } from '../operator/list-objects.ts';
import { verdicts } from './manifests/accepted.ts';
import { nameOf } from './manifests/manifest-file.ts';
import type { Manifests } from './manifests/manifests.ts';
import { whatIsRead } from './manifests/walk.ts';

/** A line of the table that `check` prints. */
export type CheckRow = {
  readonly verdict: 'accepted' | 'REFUSED' | 'ignored' | 'empty';
  readonly object: string;
  /** Absent for an object in a cluster. */
  readonly file?: string;
  readonly line?: number;
  /** Several lines of the table may be about one object. */
  readonly objectLine?: number;
  /** Why it is refused, or what should be known of it. */
  readonly message: string;
};

/** What is found of everything in files. `now`, as in all of these: milliseconds since 1970. */
export function* manifestRows(manifests: Manifests, compiled: CompiledIndex, now: number): Generator<CheckRow> {
  for (const { object, finding, line } of verdicts(manifests, compiled, now)) {
    const noted = withNotes(object.resource, finding, compiled.names);
    yield { ...judged(nameOf(object), noted), file: object.file, line, objectLine: object.line };
  }
  for (const { kind, object = '-', message, ...place } of manifests.problems) {
    yield { verdict: 'REFUSED', object, ...place, message: `${kind}: ${message}` };
  }
  for (const { what, ...place } of manifests.ignored) {
    yield { verdict: 'ignored', object: what, ...place, message: `not of ${apiVersion}: passed over` };
  }
}

/** What is found of everything in a cluster. */
export function* clusterRows(objects: StoredObjects, compiled: CompiledIndex, now: number): Generator<CheckRow> {
  for (const resource of objects.resources) {
    const finding = findingAt(now, resource, compiled.finding(resource));
    yield judged(keyOf(resource), withNotes(resource, finding, compiled.names));
  }
  for (const invalid of objects.invalid) yield judged(keyOf(invalid), invalid.finding);
}

const judged = (object: string, { reason, message }: Finding): CheckRow =>
  reason === 'Accepted'
    ? { verdict: 'accepted', object, message }
    : { verdict: 'REFUSED', object, message: `${reason}: ${message}` };

/** Most likely not what was meant: the wrong folder, or files of another name. */
export const emptyRow = (path: string): CheckRow => ({
  verdict: 'empty',
  object: '-',
  file: path,
  message: `there are no manifests in it: ${whatIsRead}`,
});
