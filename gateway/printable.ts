/** What a stranger sent, fit for a terminal and a log line: everything but printable ASCII becomes `?`. */
export const printable = (text: string, maxLength: number): string =>
  text.slice(0, maxLength).replaceAll(/[^\x20-\x7e]/g, '?');
