import { type Figure, formatRow, tableHead } from './figure.ts';

const begin = '<!-- bench: begin -->';
const end = '<!-- bench: end -->';

const workOf = (row: string): string => row.split('|')[1]?.trim() ?? '';

/**
 * The page with the rows of `figures` put in place of those of the same name, so that a run of one section keeps the
 * others. Rows stand in the order of `order`; what it does not name is dropped, for nothing measures it any more.
 */
export const buildPerformancePage = (
  page: string,
  figures: readonly Figure[],
  order: readonly string[],
  environment: string,
): string => {
  const [before, rest] = split(page, begin);
  const [table, after] = split(rest, end);
  const rows = new Map<string, string>();
  for (const line of table.split('\n')) if (line.startsWith('|')) rows.set(workOf(line), line);
  for (const figure of figures) rows.set(figure.work, formatRow(figure));
  const kept = order.map((work) => rows.get(work)).filter((row) => row !== undefined);
  return [`${before}${begin}`, ...tableHead, ...kept, '', environment, `${end}${after}`].join('\n');
};

const split = (text: string, marker: string): readonly [string, string] => {
  const position = text.indexOf(marker);
  if (position === -1) throw new Error(`docs/performance.md has no line ${marker}`);
  return [text.slice(0, position), text.slice(position + marker.length)];
};
