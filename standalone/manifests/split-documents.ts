/** One YAML document of a file; `line` is the number, from 0, of the file's line that `text` begins with. */
export type DocumentText = { readonly text: string; readonly line: number };

// In the first column, `---` and `...` end a document wherever they stand, even in a block scalar (YAML 1.2.2 §9.1.2).
const separator = /^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm;
// Line by line: an expression for many lines at once would overflow the stack on millions of them.
const prologueLine = /(?:[ \t]*(?:#.*)?|%.*|\.\.\.[ \t]*)\r?\n/y;
const emptyLine = /(?:---|\.\.\.|%.*)?[ \t]*(?:#.*)?\r?\n/y;

/**
 * Splits a file (UTF-8) at its `---` lines, so that documents can be parsed, compared and blamed one by one. Directives
 * (`%YAML 1.2`) and comments stay with the document that they precede. Empty documents are left out.
 */
export function* splitDocuments(file: Buffer): Generator<DocumentText> {
  // One character for each byte, so that positions in one are positions in the other.
  const bytes = file.toString('latin1');
  let start = 0;
  let line = 0;
  // Up to here, what follows `start` is prologue: no line is looked at twice.
  let content = 0;
  for (const match of bytes.matchAll(separator)) {
    content = skipLines(bytes, content, match.index, prologueLine);
    if (content === match.index) continue;
    yield* documentAt(file, start, match.index, line);
    line += countLines(bytes, start, match.index);
    start = match.index;
    content = start;
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
  return countLines(text, 0, skipLines(text, 0, text.length, emptyLine));
}

/** Where the first line that is not such a `line` (a sticky expression) begins, from `start` to `end`. */
function skipLines(text: string, start: number, end: number, line: RegExp): number {
  let at = start;
  for (line.lastIndex = at; at < end && line.test(text); ) at = line.lastIndex;
  return at;
}

/** The number of line breaks in `text` from `start` to `end`. */
export function countLines(text: string, start: number, end: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
