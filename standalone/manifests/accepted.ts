import { type CompiledIndex, findingAt } from '../../core/index/compile.ts';
import type { Finding } from '../../core/index/findings.ts';
import { type ManifestObject, nameOf } from './manifest-file.ts';
import type { Manifests } from './manifests.ts';
import type { ManifestProblem } from './problem.ts';

export type Verdict = {
  readonly object: ManifestObject;
  /** What the operator would write into the condition `Accepted`. */
  readonly finding: Finding;
  /** The line of the field that it is about, else that of the object. */
  readonly line: number;
};

/** What is found of each object when all are taken together. `now` is in milliseconds since 1970. */
export function* verdicts(manifests: Manifests, compiled: CompiledIndex, now: number): Generator<Verdict> {
  for (const object of manifests.objects) {
    const finding = findingAt(now, object.resource, compiled.finding(object.resource));
    const offset = finding.field === undefined ? undefined : object.fieldOffsets[finding.field];
    yield { object, finding, line: object.line + (offset ?? 0) };
  }
}

/** Objects that are not accepted, as problems of their files. Passing time makes none: an expired key is no mistake. */
export function findUnaccepted(manifests: Manifests, compiled: CompiledIndex): readonly ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  for (const { object, finding, line } of verdicts(manifests, compiled, 0)) {
    if (finding.reason === 'Accepted') continue;
    const { file, line: objectLine } = object;
    const message = `${finding.reason}: ${finding.message}`;
    problems.push({ kind: 'NotAccepted', file, line, object: nameOf(object), objectLine, message });
  }
  return problems;
}
