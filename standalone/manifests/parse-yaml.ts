import { CORE_SCHEMA, constructFromEvents, EVENT_ID, type Event, mergeTag, parseEvents, YAMLException } from 'js-yaml';
import { err, ok, type Result } from '../../core/result.ts';
import { explainSyntaxError } from './syntax-error.ts';

/** The value, and the events that tell where in the text its parts are. */
type ParsedYaml = { readonly value: unknown; readonly events: readonly Event[] };

/** What is wrong with the text, and on which of its lines, from 0. */
export type YamlProblem = { readonly message: string; readonly line: number };

// `<<` is no part of YAML 1.2, but kubectl understands it.
const schema = CORE_SCHEMA.withTags(mergeTag);
const maxDepth = 64;
const limits = { schema, maxAliases: 100, maxTotalMergeKeys: 1_000 };
const maxExpandedValues = 100_000;
const maxDocumentBytes = 2 ** 20;
/** A list holds many objects, so it may be larger; it is parsed in one go, in which no session is served. */
const maxListBytes = 4 * 2 ** 20;
const listKind = /\bkind["']?\s*:\s*["']?[A-Za-z]*List\b/;

/** Parses the text of one document, of at most 1 MiB, or 4 MiB if it is a list; one without content is null. */
export function parseYaml(text: string): Result<ParsedYaml, YamlProblem> {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxDocumentBytes) {
    const limit = listKind.test(text) ? maxListBytes : maxDocumentBytes;
    const message = `the document is larger than ${limit / 2 ** 20} MiB: split it into several documents`;
    if (bytes > limit) return err({ message, line: 0 });
  }
  let value: unknown;
  let events: Event[];
  try {
    events = parseEvents(text, { maxDepth });
    value = constructFromEvents(events, { ...limits, source: text })[0] ?? null;
  } catch (error) {
    if (!(error instanceof YAMLException)) return err({ message: String(error), line: 0 });
    return err({ message: explainSyntaxError(error), line: error.mark?.line ?? 0 });
  }
  // An alias costs a few bytes and stands for a whole tree: ten levels of ten aliases are 10^10 values to whoever
  // walks them. Without aliases, the values are bounded by the text.
  const hasAliases = events.some(({ type }) => type === EVENT_ID.ALIAS);
  if (hasAliases && countValues(value, maxExpandedValues) >= maxExpandedValues) {
    return err({ message: `its aliases stand for more than ${maxExpandedValues} values: write them out`, line: 0 });
  }
  return ok({ value, events });
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
