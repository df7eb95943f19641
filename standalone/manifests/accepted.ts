import type { Condition } from '../../core/api/condition.ts';
import { formatRef } from '../../core/api/object-ref.ts';
import { acceptedCondition, type CompiledIndex } from '../../core/index/compile.ts';
import type { ManifestObject } from './manifest-file.ts';
import type { Manifests } from './manifests.ts';
import type { ManifestProblem } from './problem.ts';

/** `KIND NAMESPACE/NAME`, as messages name an object. */
export const nameOf = ({ resource }: ManifestObject): string => `${resource.kind} ${formatRef(resource.metadata)}`;

/** The condition `Accepted` of each object, as the operator would write it. */
export function* acceptedConditions(
  manifests: Manifests,
  { findings }: CompiledIndex,
  now: number,
): Generator<{ readonly object: ManifestObject; readonly condition: Condition }> {
  for (const object of manifests.objects) {
    const finding = findings.get(object.resource);
    if (finding === undefined) throw new Error(`no finding for ${nameOf(object)}`);
    yield { object, condition: acceptedCondition(object.resource, finding, now) };
  }
}

/** Objects that are not accepted, as problems of their files. Passing time makes none: an expired key is no mistake. */
export function findUnaccepted(manifests: Manifests, compiled: CompiledIndex): readonly ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  for (const { object, condition } of acceptedConditions(manifests, compiled, 0)) {
    if (condition.status === 'True') continue;
    const { file, line } = object;
    const message = `${condition.reason}: ${condition.message}`;
    problems.push({ kind: 'NotAccepted', file, line, object: nameOf(object), message });
  }
  return problems;
}
