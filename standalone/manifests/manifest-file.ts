import { hash } from 'node:crypto';
import { formatRef } from '../../core/api/object-ref.ts';
import { inTurns } from '../../runtime/in-turns.ts';
import { type DocumentContent, type PlacedResource, parseDocument } from './parse-document.ts';
import type { ManifestProblem } from './problem.ts';
import { readText, type TextProblem } from './read-text.ts';
import { splitDocuments } from './split-documents.ts';
import type { FoundFile } from './walk.ts';

/** An object and where it is written; lines are counted from 1. */
export type ManifestObject = PlacedResource & { readonly file: string };

/** `KIND NAMESPACE/NAME`, as messages name an object. */
export const nameOf = ({ resource }: PlacedResource): string => `${resource.kind} ${formatRef(resource.metadata)}`;

/** A document of another kind. */
export type IgnoredDocument = { readonly file: string; readonly line: number; readonly what: string };

/** A file as it was last read. */
export type ManifestFile = {
  readonly identity: string;
  /** False if it had been written to so lately that one more write could have gone unseen: to be read once more. */
  readonly isSettled: boolean;
  /** What holds. */
  readonly content: FileContent;
  /** What a reading without syntax errors last gave: the same as `content`, unless there never was one. */
  readonly lastGood: FileContent | undefined;
  /** What is wrong with the file as it is now. */
  readonly problems: readonly ManifestProblem[];
};

type FileContent = {
  readonly objects: readonly ManifestObject[];
  readonly ignored: readonly IgnoredDocument[];
  readonly problems: readonly ManifestProblem[];
  /** By hash of their text: a document that stays as it is is not parsed again, and its objects stay the same values. */
  readonly documents: ReadonlyMap<string, DocumentContent>;
};

/** File systems keep time in ticks of up to 10 ms, some network file systems of more. */
const settleMs = 100;

/**
 * Reads a file of manifests. One with a syntax error anywhere keeps what it last said as a whole: half of a file that
 * is being edited may miss anything. If it never was without one, its good documents hold. Undefined: it is gone.
 * Rejects with the signal's reason once that is aborted.
 */
export async function readManifestFile(
  found: FoundFile,
  previous: ManifestFile | undefined,
  signal?: AbortSignal,
): Promise<ManifestFile | undefined> {
  const now = Date.now();
  const isSettled = now - found.changedAt > settleMs || found.changedAt - now > 60_000;
  const { path: file, identity } = found;
  const lastGood = previous?.lastGood;
  const text = await readText(file);
  if (!text.ok) {
    if (text.error.kind === 'Gone') return undefined;
    const content = previous?.content ?? nothing;
    return { identity, isSettled, content, lastGood, problems: [describe(text.error, file, content)] };
  }
  const content = await parseContent(text.value, file, previous?.content.documents, signal);
  if (content.broken.length === 0) return { identity, isSettled, content, lastGood: content, problems: [] };
  const inForce = lastGood ?? content;
  const consequence = lastGood === undefined ? othersHold : keeps(lastGood);
  const problems = content.broken.map(({ line, message }): ManifestProblem => {
    return { kind: 'NotYaml', file, line, message: `is not YAML: ${message}; ${consequence}` };
  });
  return { identity, isSettled, content: inForce, lastGood, problems: problems.slice(0, maxBroken) };
}

const nothing: FileContent = { objects: [], ignored: [], problems: [], documents: new Map() };
const maxBroken = 20;

const othersHold = 'until that is repaired, its other documents hold, or what a running server last read of it';
const keeps = ({ objects }: FileContent): string =>
  `until that is repaired, its last good state holds (${objects.length} objects)`;

function describe(problem: TextProblem, file: string, content: FileContent): ManifestProblem {
  const kind = problem.kind === 'NotText' ? 'NotYaml' : 'Unreadable';
  const verb = problem.kind === 'NotText' || problem.message.startsWith('is ') ? '' : 'cannot be read: ';
  return { kind, file, message: `${verb}${problem.message}; ${keeps(content)}` };
}

type Parsed = FileContent & { readonly broken: readonly { readonly line: number; readonly message: string }[] };

async function parseContent(
  text: Buffer,
  file: string,
  known: ReadonlyMap<string, DocumentContent> | undefined,
  signal: AbortSignal | undefined,
): Promise<Parsed> {
  const objects: ManifestObject[] = [];
  const ignored: IgnoredDocument[] = [];
  const problems: ManifestProblem[] = [];
  const documents = new Map<string, DocumentContent>();
  const broken: { line: number; message: string }[] = [];
  // The gateway lives in the same process: sessions go on while a large file is read.
  await inTurns(splitDocuments(text), signal, ({ text: document, line: start }) => {
    const digest = hash('sha256', document, 'base64');
    const content = documents.get(digest) ?? known?.get(digest) ?? parseDocument(document);
    documents.set(digest, content);
    const at = (line: number) => start + line + 1;
    for (const { line, ...rest } of content.objects) objects.push({ file, line: at(line), ...rest });
    for (const { what, line } of content.ignored) ignored.push({ file, line: at(line), what });
    for (const { line, objectLine, ...rest } of content.invalid) {
      problems.push({ kind: 'Invalid', file, line: at(line), objectLine: at(objectLine), ...rest });
    }
    if (content.broken) broken.push({ line: at(content.broken.line), message: content.broken.message });
  });
  return { objects, ignored, problems, documents, broken };
}
