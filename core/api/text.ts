import * as z from 'zod';
import { checkWith, matches } from './rule.ts';

/** A text of at most `maximum` characters as Kubernetes counts them: code points. zod's `max` counts UTF-16 units. */
export const text = (maximum: number): z.ZodString =>
  z.string().check(
    checkWith(
      (value: string) => value.length <= maximum || (value.length <= 2 * maximum && [...value].length <= maximum),
      (value) => `must have at most ${maximum} characters, not ${[...value].length}`,
      { maxLength: maximum },
    ),
  );

/**
 * What makes text more than one plain line: control and format characters, separators of lines, halves of pairs,
 * private and no characters (Unicode's Cc, Cf, Cs, Co, Zl, Zp), what stands for bytes that were no characters (U+FFFD),
 * and what begins or ends an address in git's headers. As ranges, because the regular expressions of Kubernetes know
 * other names, and fewer of them.
 */
const forbidden = [
  String.raw`\u{0}-\u{1F}<>\u{7F}-\u{9F}\u{AD}\u{600}-\u{605}\u{61C}\u{6DD}\u{70F}\u{890}\u{891}\u{8E2}\u{180E}`,
  String.raw`\u{200B}-\u{200F}\u{2028}-\u{202E}\u{2060}-\u{206F}\u{D800}-\u{F8FF}\u{FDD0}-\u{FDEF}\u{FEFF}`,
  String.raw`\u{FFF0}-\u{FFFB}\u{FFFD}-\u{FFFF}\u{110BD}\u{110CD}\u{13430}-\u{1343F}\u{1BCA0}-\u{1BCA3}`,
  String.raw`\u{1D173}-\u{1D17A}\u{E0000}-\u{E00FF}\u{F0000}-\u{10FFFF}`,
].join('');

const oneLine = new RegExp(`^[^${forbidden}]*$`, 'u');

/** Text that is shown on one line of a terminal or stored in a git header. */
export const singleLine = (maximum: number): z.ZodString =>
  text(maximum).min(1).check(matches(oneLine, 'must be one line, without control or invisible characters, "<" or ">"'));
