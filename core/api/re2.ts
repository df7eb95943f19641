/**
 * A regular expression of ours as RE2 has it, whose syntax Kubernetes uses in `pattern` and CEL. Throws on what RE2
 * cannot express or understands otherwise, so that no schema means less, or something else, than we check.
 */
export function toRe2(regex: RegExp): string {
  if (regex.flags !== '' && regex.flags !== 'u') throw new Error(`${regex}: flags have no place in a schema`);
  const hasUnicode = regex.unicode;
  let isInClass = false;
  const tokens = regex.source.match(token) ?? [];
  return tokens
    .map((text, at) => {
      if (text.startsWith('\\')) return escapeOf(text, regex);
      if (isInClass) {
        if (text === '[' && tokens[at + 1] === ':') throw new Error(`${regex}: [: begins the name of a class in RE2`);
        isInClass = text !== ']';
        return text;
      }
      if (text.startsWith('[')) {
        // Without the flag u, JavaScript would take one character outside of the basic plane for two.
        if (text === '[^' && !hasUnicode) throw new Error(`${regex}: [^ needs the flag u`);
        if (tokens[at + 1] === ']') throw new Error(`${regex}: an empty class`);
        isInClass = true;
      }
      if (text === '.') throw new Error(`${regex}: what . matches is not the same in RE2; give a class`);
      if (text.startsWith('(?') && text !== '(?:') throw new Error(`${regex}: ${text} is not known to RE2`);
      if (/^\{.*\d{4}/.test(text)) throw new Error(`${regex}: RE2 does not repeat so often`);
      return text;
    })
    .join('');
}

const token =
  /\\u\{[0-9A-Fa-f]+\}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[\s\S]|\[\^|\(\?(?:<[=!]|[\s\S])|\{[\d,]+\}|[\s\S]/gu;

function escapeOf(text: string, regex: RegExp): string {
  const code = /^\\u\{?([0-9A-Fa-f]+)\}?$/.exec(text)?.[1];
  if (code !== undefined) return `\\x{${code}}`;
  if (text === '\\0') return '\\x00';
  if (text === '\\/') return '/';
  // Not \s, \w, \b and \p{...}: they are not of the same characters in both.
  if (/^\\(?:x[0-9A-Fa-f]{2}|[dtnrfv]|[^A-Za-z0-9])$/u.test(text)) return text;
  throw new Error(`${regex}: ${text} is not the same in RE2`);
}
