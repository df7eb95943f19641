import type { YAMLException } from 'js-yaml';

/** What the parser says is wrong, which one can search for, and what most likely is to be done. */
export function explainSyntaxError({ reason, mark }: YAMLException): string {
  if (reason === 'duplicated mapping key' && mark?.column === 0) return `${reason}: ${separate}`;
  const advice = advices.find(([pattern]) => pattern.test(reason))?.[1];
  return advice === undefined ? reason : `${reason}: ${advice}`;
}

const separate = 'the field is there already, so a line "---" may be missing above it';

const advices: readonly (readonly [RegExp, string])[] = [
  [/^duplicated mapping key/, 'remove one of the two'],
  [/^tab characters/, 'indent with spaces'],
  [
    /^bad indentation/,
    'indent the fields of one mapping alike, with spaces; put text in quotes if it holds ": " or begins with a sign',
  ],
  [/^deficient indentation/, 'a bracket or a quotation mark above is not closed'],
  [
    /^(?:end of the stream or a document separator|can not read a block mapping)/,
    'write a field as "name: value", with a blank after the colon, and indent it like its neighbours',
  ],
  [/^(?:unidentified alias|name of an alias)/, 'put text that begins with * or & in quotes'],
];
