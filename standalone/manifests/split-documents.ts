/** One YAML document of a file; `line` is the number, from 0, of the file's line that `text` begins with. */
export type DocumentText = { readonly text: string; readonly line: number };

// In the first column, `---` and `...` end a document wherever they stand, even in a block scalar (YAML 1.2.2 §9.1.2).
const separator = /^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm;
const prologue = /^(?:[ \t]*(?:#.*)?\r?\n|%.*\r?\n|\.\.\.[ \t]*\r?\n)*$/;

/**
 * Splits a file (UTF-8) at its `---` lines, so that documents can be parsed, compared and blamed one by one. Directives
 * (`%YAML 1.2`) and comments stay with the document that they precede. Empty documents are left out.
 */
export function* splitDocuments(file: Buffer): Generator<DocumentText> {
  // One character for each byte, so that positions in one are positions in the other.
  const bytes = file.toString('latin1');
  let start = 0;
  let line = 0;
  for (const match of bytes.matchAll(separator)) {
    if (prologue.test(bytes.slice(start, match.index))) continue;
    yield* documentAt(file, start, match.index, line);
    line += countLines(bytes, start, match.index);
    start = match.index;
  }
  yield* documentAt(file, start, file.length, line);
}

/** Each text is a string of its own: a slice of the whole would keep the whole in memory as long as any part is used. */
function* documentAt(file: Buffer, start: number, end: number, line: number): Generator<DocumentText> {
  const text = file.toString('utf8', start, end);
  if (/[^\s.-]/.test(text)) yield { text, line };
}

/** The line, from 0, on which a document's first field stands: after comments, blank lines, directives and `---`. */
export function firstContentLine(text: string): number {
  const [skipped = ''] = /^(?:(?:---|\.\.\.|%.*)?[ \t]*(?:#.*)?\r?\n)*/.exec(text) ?? [];
  return countLines(skipped, 0, skipped.length);
}

/** The number of line breaks in `text` from `start` to `end`. */
export function countLines(text: string, start: number, end: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
