import { load } from 'js-yaml';
import { nearest } from '../../core/nearest.ts';
import { optionByField, options } from './options.ts';
import type { ConfigProblem, Setting, Settings } from './settings.ts';

/** Reads the fields of a configuration file (YAML, nested: `ssh: {listen: ...}`). Unknown fields are problems. */
export function readFileSettings(text: string, name: string): Settings {
  const values = new Map<string, Setting>();
  const problems: ConfigProblem[] = [];
  const visit = (node: object, path: readonly string[]): void => {
    for (const [key, value] of Object.entries(node)) {
      const field = [...path, key].join('.');
      const origin = `${name}: ${field}`;
      if (optionByField.has(field)) values.set(field, { origin, value });
      else if (!groups.has(field)) problems.push({ origin, message: unknownField(field) });
      // A group that is written without fields is as good as absent.
      else if (isMapping(value)) visit(value, [...path, key]);
      else if (value !== null) problems.push({ origin, message: 'expected fields below it' });
    }
  };
  const document = parse(text);
  if ('problem' in document) return { values, problems: [{ origin: name, message: document.problem }] };
  if (document.value !== null) visit(document.value, []);
  return { values, problems };
}

const groups: ReadonlySet<string> = new Set(
  options.flatMap(({ field }) => (field.includes('.') ? [field.slice(0, field.lastIndexOf('.'))] : [])),
);

const isMapping = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parse(text: string): { readonly value: object | null } | { readonly problem: string } {
  try {
    // Nothing in a configuration needs aliases; without them, no document grows beyond its text.
    const value = /\S/.test(text.replace(/^\s*#.*$/gm, '')) ? load(text, { maxAliases: 0, maxDepth: 10 }) : null;
    if (value === null || isMapping(value)) return { value };
    return { problem: 'expected a YAML mapping such as "ssh: {listen: 127.0.0.1:2222}"' };
  } catch (error) {
    return { problem: `is not YAML: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}` };
  }
}

function unknownField(field: string): string {
  const meant = nearest(field, [...optionByField.keys()]);
  return meant === undefined ? 'unknown field' : `unknown field; did you mean ${meant}?`;
}
