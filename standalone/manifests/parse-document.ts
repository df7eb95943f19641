import { derivedUid } from '../../core/api/derived-uid.ts';
import { apiVersion } from '../../core/api/metadata.ts';
import { formatRef } from '../../core/api/object-ref.ts';
import { type InvalidResource, kinds, parseResource, type Resource } from '../../core/api/resource.ts';
import { parseYaml, type YamlProblem } from './parse-yaml.ts';
import { createLineFinder } from './positions.ts';
import { firstContentLine } from './split-documents.ts';

/** What one document of a file says. It hangs on the text alone; lines are counted from 0 at its beginning. */
export type DocumentContent = {
  readonly objects: readonly { readonly resource: Resource; readonly line: number }[];
  readonly invalid: readonly InvalidField[];
  /** Documents that are none of ours, e.g. `v1 Namespace`. */
  readonly ignored: readonly { readonly what: string; readonly line: number }[];
  /** Set when the text is no YAML; there is nothing else then. */
  readonly broken?: YamlProblem;
};

export type InvalidField = { readonly object?: string; readonly line: number; readonly message: string };

const defaults = { namespace: 'default', uidOf: derivedUid };
const ourGroup = apiVersion.slice(0, apiVersion.indexOf('/') + 1);
const listKinds: ReadonlySet<unknown> = new Set(['List', ...kinds.map((kind) => `${kind}List`)]);
const maxProblemsOfObject = 20;

/** Parses and checks one document. Never throws; what is wrong is in the result. */
export function parseDocument(text: string): DocumentContent {
  const parsed = parseYaml(text);
  if (!parsed.ok) return { objects: [], invalid: [], ignored: [], broken: parsed.error };
  const content = { objects: [], invalid: [], ignored: [] } as Collected;
  let lines: ReturnType<typeof createLineFinder> | undefined;
  const lineOf: LineOf = (path) => {
    // What is needed of every object must not cost a second parsing.
    if (path.length === 0) return firstContentLine(text);
    lines ??= createLineFinder(text);
    return lines(path);
  };
  const document = parsed.value;
  if (isList(document))
    for (const [index, item] of document.items.entries()) read(item, ['items', index], lineOf, content);
  else if (document !== null) read(document, [], lineOf, content);
  return content;
}

type Path = readonly (string | number)[];
type LineOf = (path: Path) => number;
type Collected = {
  objects: { resource: Resource; line: number }[];
  invalid: InvalidField[];
  ignored: { what: string; line: number }[];
};

/** `kubectl get -o yaml` prints several objects as one. */
const isList = (document: unknown): document is { readonly items: readonly unknown[] } =>
  isObject(document) && listKinds.has(document.kind) && Array.isArray(document.items);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function read(document: unknown, path: Path, lineOf: LineOf, content: Collected): void {
  if (!isOurs(document)) {
    content.ignored.push({ what: nameOf(document), line: lineOf(path) });
    return;
  }
  const parsed = parseResource(document, defaults);
  if (parsed.ok) content.objects.push({ resource: parsed.value, line: lineOf(path) });
  else content.invalid.push(...describe(parsed.error, path, lineOf));
}

/** A document with our kind and no apiVersion is most likely ours, and must not be passed over in silence. */
function isOurs(document: unknown): boolean {
  if (!isObject(document)) return false;
  const { apiVersion: version, kind } = document;
  if (typeof version === 'string') return version.startsWith(ourGroup);
  return (kinds as readonly unknown[]).includes(kind);
}

function nameOf(document: unknown): string {
  if (!isObject(document)) return 'a document that is no object';
  const name = [document.apiVersion, document.kind].filter((part) => typeof part === 'string').join(' ');
  return name === '' ? 'a document without apiVersion and kind' : name.slice(0, 120);
}

function describe(invalid: InvalidResource, path: Path, lineOf: LineOf): readonly InvalidField[] {
  const object = [invalid.kind ?? 'object', invalid.ref === undefined ? '' : formatRef(invalid.ref)].join(' ').trim();
  const shown = invalid.problems.slice(0, maxProblemsOfObject).map((problem) => ({
    object,
    line: lineOf([...path, ...problem.path]),
    message: `${formatField(problem.path)}${problem.message}`,
  }));
  const rest = invalid.problems.length - shown.length;
  return rest === 0 ? shown : [...shown, { object, line: lineOf(path), message: `and ${rest} more problems` }];
}

/** `['spec', 'access', 0]` to `spec.access[0]: `. */
const formatField = (path: Path): string => {
  if (path.length === 0) return '';
  const field = path.map((key, at) => (typeof key === 'number' ? `[${key}]` : at === 0 ? key : `.${key}`)).join('');
  return `${field}: `;
};
