/**
 * For people, who may write in any script: everything that a terminal could obey, or show as something else, becomes
 * `?`: control and format characters (such as those that turn the direction of text), and line separators.
 */
export const onOneLine = (text: string): string => text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');

/** For the audit log, of what strangers sent: everything but printable ASCII becomes `?`. */
export const asciiOnly = (text: string, maxLength: number): string =>
  text.slice(0, maxLength).replaceAll(/[^\x20-\x7e]/g, '?');
