import { CORE_SCHEMA, loadAll, mergeTag, YAMLException } from 'js-yaml';
import { err, ok, type Result } from '../../core/result.ts';

/** What is wrong with the text, and on which of its lines, from 0. */
export type YamlProblem = { readonly message: string; readonly line: number };

// `<<` is no part of YAML 1.2, but kubectl understands it.
const schema = CORE_SCHEMA.withTags(mergeTag);
const limits = { schema, maxDepth: 64, maxAliases: 100, maxTotalMergeKeys: 1_000 };
const maxExpandedValues = 100_000;

/** Parses the text of one document; one without content is null. */
export function parseYaml(text: string): Result<unknown, YamlProblem> {
  let document: unknown;
  try {
    document = loadAll(text, limits)[0] ?? null;
  } catch (error) {
    if (!(error instanceof YAMLException)) return err({ message: String(error), line: 0 });
    return err({ message: error.reason, line: error.mark?.line ?? 0 });
  }
  // An alias costs a few bytes and stands for a whole tree: ten levels of ten aliases are 10^10 values to whoever
  // walks them. Without aliases, the values are bounded by the text.
  const hasAliases = /[:,[-]\s*\*/.test(text);
  if (hasAliases && countValues(document, maxExpandedValues) >= maxExpandedValues) {
    return err({ message: `its aliases stand for more than ${maxExpandedValues} values: write them out`, line: 0 });
  }
  return ok(document);
}

/** Counts no further than `limit`, so that it ends on a tree that contains itself. */
function countValues(root: unknown, limit: number): number {
  const pending = [root];
  let count = 0;
  for (let value = pending.pop(); count < limit && value !== undefined; value = pending.pop()) {
    count++;
    if (typeof value === 'object' && value !== null) {
      for (const child of Object.values(value)) pending.push(child ?? null);
      if (pending.length > limit) return limit;
    }
  }
  return count;
}
