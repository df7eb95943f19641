import { derivedUid } from '../../core/api/derived-uid.ts';
import { apiVersion } from '../../core/api/metadata.ts';
import { formatRef } from '../../core/api/object-ref.ts';
import { formatProblem } from '../../core/api/problem.ts';
import { type InvalidResource, kinds, parseResource, type Resource } from '../../core/api/resource.ts';
import { parseYaml, type YamlProblem } from './parse-yaml.ts';
import { createLineFinder } from './positions.ts';
import { firstContentLine } from './split-documents.ts';

/** What one document of a file says. It hangs on the text alone; lines are counted from 0 at its beginning. */
export type DocumentContent = {
  readonly objects: readonly PlacedResource[];
  readonly invalid: readonly InvalidField[];
  /** Documents of other kinds, e.g. `v1 Namespace`. */
  readonly ignored: readonly { readonly what: string; readonly line: number }[];
  /** Set when the text is no YAML; there is nothing else then. */
  readonly broken?: YamlProblem;
};

export type PlacedResource = {
  readonly resource: Resource;
  readonly line: number;
  /** How many lines below that each field of its spec stands: `{publicKey: 7}`. */
  readonly fieldOffsets: Readonly<Record<string, number>>;
};

type InvalidField = {
  readonly object: string;
  /** Of the object, and of the field in it. */
  readonly objectLine: number;
  readonly line: number;
  readonly message: string;
};

const defaults = { namespace: 'default', uidOf: derivedUid };
const ourGroup = apiVersion.slice(0, apiVersion.indexOf('/') + 1);
const listKinds: ReadonlySet<unknown> = new Set(['List', ...kinds.map((kind) => `${kind}List`)]);
const maxProblemsOfObject = 20;

/** Parses and checks one document. Never throws; what is wrong is in the result. */
export function parseDocument(text: string): DocumentContent {
  const parsed = parseYaml(text);
  if (!parsed.ok) return { objects: [], invalid: [], ignored: [], broken: parsed.error };
  const content = { objects: [], invalid: [], ignored: [] } as Collected;
  const { value: document, events } = parsed.value;
  const lines = createLineFinder(text, events);
  const lineOf: LineOf = (path) => (path.length === 0 ? firstContentLine(text) : lines(path));
  if (isList(document))
    for (const [index, item] of document.items.entries()) read(item, ['items', index], lineOf, content);
  else if (document !== null) read(document, [], lineOf, content);
  return content;
}

type Path = readonly (string | number)[];
type LineOf = (path: Path) => number;
type Collected = {
  objects: PlacedResource[];
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
  if (parsed.ok) {
    const line = lineOf(path);
    const fields = Object.keys(parsed.value.spec).map((field) => [field, lineOf([...path, 'spec', field]) - line]);
    content.objects.push({ resource: parsed.value, line, fieldOffsets: Object.fromEntries(fields) });
  } else content.invalid.push(...describe(parsed.error, path, lineOf));
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
  const objectLine = lineOf(path);
  const shown = invalid.problems.slice(0, maxProblemsOfObject).map((problem) => ({
    object,
    objectLine,
    line: lineOf([...path, ...problem.path]),
    message: formatProblem(problem),
  }));
  const rest = invalid.problems.length - shown.length;
  if (rest === 0) return shown;
  return [...shown, { object, objectLine, line: objectLine, message: `and ${rest} more problems` }];
}
