import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocument } from './parse-document.ts';
import { firstContentLine, splitDocuments } from './split-documents.ts';

const user = (name: string, extra = '') =>
  `apiVersion: gitingress.dev/v1alpha1\nkind: GitUser\nmetadata: {name: ${name}}\n${extra}`;

const split = (text: string) => [...splitDocuments(Buffer.from(text))].map(({ text, line }) => [line, text]);

const splits: readonly [name: string, text: string, expected: readonly [number, string][]][] = [
  ['nothing', '', []],
  ['separators only', '---\n\n---\n...\n', []],
  ['one document', 'a: 1\n', [[0, 'a: 1\n']]],
  [
    'two',
    'a: 1\n---\nb: 2\n',
    [
      [0, 'a: 1\n'],
      [1, '---\nb: 2\n'],
    ],
  ],
  [
    'a leading separator',
    '---\na: 1\n--- # next\nb: 2',
    [
      [0, '---\na: 1\n'],
      [2, '--- # next\nb: 2'],
    ],
  ],
  [
    'content on the separator',
    'a: 1\n--- {b: 2}\n',
    [
      [0, 'a: 1\n'],
      [1, '--- {b: 2}\n'],
    ],
  ],
  ['directives and comments', '# licence\n%YAML 1.2\n---\na: 1\n', [[0, '# licence\n%YAML 1.2\n---\na: 1\n']]],
  [
    'document ends',
    'a: 1\n...\n---\nb: 2\n',
    [
      [0, 'a: 1\n'],
      [1, '...\n---\nb: 2\n'],
    ],
  ],
  ['dashes within a line', 'a: ---\nb: |\n  ---\n----\n', [[0, 'a: ---\nb: |\n  ---\n----\n']]],
  [
    'Windows line ends',
    'a: 1\r\n---\r\nb: 2\r\n',
    [
      [0, 'a: 1\r\n'],
      [1, '---\r\nb: 2\r\n'],
    ],
  ],
  [
    'letters of many bytes',
    'ä: €\n---\nb: 😀\n',
    [
      [0, 'ä: €\n'],
      [1, '---\nb: 😀\n'],
    ],
  ],
];
for (const [name, text, expected] of splits) {
  test(`splits ${name}`, () => assert.deepEqual(split(text), expected));
}

test('splits and finds lines among millions of empty ones in time that grows with their number', () => {
  const startedAt = performance.now();
  for (const line of ['...\n', '\n', '# x\n']) {
    const text = line.repeat(4_000_000);
    assert.deepEqual(
      split(`${text}---\na: 1\n`).map(([at]) => at),
      [0],
    );
    assert.equal(firstContentLine(`${text}a: 1\n`), 4_000_000);
  }
  assert.ok(performance.now() - startedAt < 20_000);
});

/** What a document says, in a form that fits on a line. */
function summarize(text: string): readonly string[] {
  const { objects, invalid, ignored, broken } = parseDocument(text);
  return [
    ...objects.map(
      ({ resource, line }) => `${line} ${resource.kind} ${resource.metadata.namespace}/${resource.metadata.name}`,
    ),
    ...invalid.map(({ object, line, message }) => `${line} ${object}: ${message}`),
    ...ignored.map(({ what, line }) => `${line} ignored ${what}`),
    ...(broken ? [`${broken.line} broken: ${broken.message}`] : []),
  ];
}

const documents: readonly [name: string, text: string, expected: readonly string[]][] = [
  ['an object in the default namespace', user('alice'), ['0 GitUser default/alice']],
  ['an object after comments', `# a\n\n---\n# b\n${user('alice')}`, ['4 GitUser default/alice']],
  [
    'JSON',
    '{"apiVersion": "gitingress.dev/v1alpha1",\n\t"kind": "GitUser",\n\t"metadata": {"name": "a"}}',
    ['0 GitUser default/a'],
  ],
  ['a field without a value, which says as little as none', user('a', 'spec:\n  groups:\n'), ['0 GitUser default/a']],
  ['comments only', '# nothing\n', []],
  [
    'a misspelt field',
    user('alice', 'spec:\n  displayName: A\n  suspendd: true\n'),
    ['5 GitUser default/alice: spec.suspendd: unknown field; did you mean suspended?'],
  ],
  [
    'a boolean of YAML 1.1',
    user('alice', 'spec:\n  suspended: yes\n'),
    ['4 GitUser default/alice: spec.suspended: must be true or false, not "yes"'],
  ],
  [
    'a bad item of a list',
    user('alice', 'spec:\n  groups:\n  - a\n  - B\n'),
    [
      '6 GitUser default/alice: spec.groups[1]: must be lower-case letters, digits and "-", and begin and end with a letter or digit',
    ],
  ],
  [
    'another version',
    'apiVersion: gitingress.dev/v2\nkind: GitUser\nmetadata: {name: a}',
    ['0 GitUser default/a: apiVersion: must be gitingress.dev/v1alpha1'],
  ],
  [
    'no version',
    'kind: GitUser\nmetadata: {name: a}\n',
    ['0 GitUser default/a: apiVersion: must be gitingress.dev/v1alpha1'],
  ],
  ['another group', '\napiVersion: v1\nkind: Namespace\n', ['1 ignored v1 Namespace']],
  ['something else', '- 1\n', ['0 ignored a document that is no object']],
  ['no name at all', 'a: 1\n', ['0 ignored a document without apiVersion and kind']],
  ['anchors and merge keys', user('a', 'spec: &s\n  <<: {groups: [&g x]}\n  email: a@b\n'), ['0 GitUser default/a']],
  [
    'a tag that would build something else',
    'a: !!js/function x\n',
    ['0 broken: unknown scalar tag !<tag:yaml.org,2002:js/function>'],
  ],
];
for (const [name, text, expected] of documents) {
  test(`reads ${name}`, () => assert.deepEqual(summarize(text), expected));
}

const repository = (spec: string) =>
  `apiVersion: gitingress.dev/v1alpha1\nkind: Repository\nmetadata: {name: app}\nspec:\n${spec}`;
const grant = (entry: string) => repository(`  access:\n  - ${entry}\n`);
const anybody = 'subjects: [{kind: Everyone}]';

/** What each mistake is told, without the object's name. */
const mistakes: readonly [name: string, text: string, expected: readonly string[]][] = [
  [
    'a choice in other letters',
    grant(`{role: write, ${anybody}}`),
    ['5 spec.access[0].role: must be Read, Write or Maintain, not "write"; did you mean Write?'],
  ],
  [
    'a choice like none',
    grant(`{role: Owner, ${anybody}}`),
    ['5 spec.access[0].role: must be Read, Write or Maintain, not "Owner"'],
  ],
  [
    'a choice that is too long to repeat',
    grant(`{role: ${'x'.repeat(41)}, ${anybody}}`),
    ['5 spec.access[0].role: must be Read, Write or Maintain, not a text of 41 characters'],
  ],
  [
    'a choice that is missing',
    grant(`{${anybody}}`),
    ['5 spec.access[0].role: is missing: give Read, Write or Maintain'],
  ],
  [
    'one field by another name',
    grant('{role: Read, subject: [{kind: Everyone}]}'),
    ['5 spec.access[0].subject: unknown field; did you mean subjects?'],
  ],
  [
    'a second field of nearly the same name',
    grant(`{role: Read, ${anybody}, subject: []}`),
    ['5 spec.access[0].subject: unknown field: remove it, or look for a typing error'],
  ],
  ['a list that is missing', grant('{role: Read}'), ['5 spec.access[0].subjects: is missing: give a list']],
  [
    'a list that is empty',
    grant('{role: Read, subjects: []}'),
    ['5 spec.access[0].subjects: must have at least 1 item'],
  ],
  ['an item without a value', user('a', 'spec:\n  groups:\n  - ~\n'), ['5 spec.groups[0]: is empty: give text']],
  [
    'a value for a list',
    user('a', 'spec: {groups: developers}'),
    ['3 spec.groups: must be a list, not "developers": begin each item with "- "'],
  ],
  ['a list for a mapping', grant('[]'), ['5 spec.access[0]: must be a mapping, not a list']],
  ['a number for text', user('12'), ['2 metadata.name: must be text, not 12: put it in quotes']],
  [
    'a text that is too long',
    repository(`  description: ${'x'.repeat(256)}\n`),
    ['4 spec.description: must have at most 255 characters, not 256'],
  ],
  [
    'another kind',
    user('a').replace('GitUser', 'Gituser'),
    ['1 kind: must be GitUser, SSHKey or Repository, not "Gituser"; did you mean GitUser?'],
  ],
  [
    'a misspelt field that is needed, at the top',
    user('a').replace('apiVersion', 'apiversion'),
    ['0 apiversion: unknown field; did you mean apiVersion?'],
  ],
  [
    'several mistakes at once',
    grant('{role: read, subjects: [{kind: Evryone}]}'),
    [
      '5 spec.access[0].role: must be Read, Write or Maintain, not "read"; did you mean Read?',
      '5 spec.access[0].subjects[0].kind: must be User, Group or Everyone, not "Evryone"; did you mean Everyone?',
    ],
  ],
];
for (const [name, text, expected] of mistakes) {
  test(`explains ${name}`, () => {
    const { objects, invalid } = parseDocument(text);
    assert.deepEqual([objects, invalid.map(({ line, message }) => `${line} ${message}`)], [[], expected]);
  });
}

test('a private key in the place of something else is not repeated', () => {
  const pem = '-----BEGIN OPENSSH PRIVATE KEY-----\\nc2VjcmV0\\n-----END OPENSSH PRIVATE KEY-----';
  const { invalid } = parseDocument(grant(`{role: "${pem}", ${anybody}}`));
  assert.doesNotMatch(JSON.stringify(invalid), /c2VjcmV0/);
});

const syntaxErrors: readonly [name: string, text: string, line: number, advice: RegExp][] = [
  [
    'a forgotten separator',
    `${user('a')}${user('b')}`,
    3,
    /duplicated mapping key: .* a line "---" may be missing above it$/,
  ],
  ['a field that is there twice', 'a:\n  b: 1\n  b: 2\n', 2, /duplicated mapping key: remove one of the two$/],
  ['a tab', 'a:\n\tb: 1\n', 1, /: indent with spaces$/],
  ['too little indentation', 'a:\n  b: 1\n c: 2\n', 2, /: indent the fields of one mapping alike/],
  ['too much indentation', 'a:\n  b: 1\n   c: 2\n', 2, /: indent the fields of one mapping alike/],
  ['a colon in a text', 'a: b: c\n', 0, /put text in quotes if it holds ": "/],
  ['a sign before a text', 'a: @b\n', 0, /put text in quotes if it .* begins with a sign/],
  ['an open bracket', 'a: 1\nb: [\n', 2, /a bracket or a quotation mark above is not closed$/],
  ['an open quotation mark', 'a: "x\nb: 1\n', 1, /a bracket or a quotation mark above is not closed$/],
  ['no colon', 'a: 1\nb\nc: 2\n', 2, /write a field as "name: value"/],
  ['no blank after the colon', 'a:1\nb: 2\n', 1, /with a blank after the colon/],
  ['a star', 'refs: *\n', 0, /put text that begins with \* or & in quotes$/],
  ['an alias of nothing', 'refs: *x\n', 0, /put text that begins with \* or & in quotes$/],
];
for (const [name, text, line, advice] of syntaxErrors) {
  test(`says what to do about ${name}`, () => {
    const { broken } = parseDocument(text);
    assert.equal(broken?.line, line);
    assert.match(broken?.message ?? '', advice);
  });
}

test('tells how far below its first line each field of an object stands', () => {
  const text = `# a\n---\n${repository('  path: x\n\n  access:\n  - {role: Read, subjects: [{kind: Everyone}]}\n')}`;
  const [object] = parseDocument(text).objects;
  assert.equal(object?.line, 2);
  assert.deepEqual([object?.fieldOffsets.path, object?.fieldOffsets.access], [4, 6]);
});

test('reads the items of a List, each with its own line', () => {
  const item = (name: string, spec: string) =>
    `- apiVersion: gitingress.dev/v1alpha1\n  kind: GitUser\n  metadata: {name: ${name}, namespace: n}\n  spec: {${spec}}\n`;
  const text = `apiVersion: v1\nkind: List\nitems:\n${item('a', '')}${item('b', 'x: 1')}${item('c', '')}- 1\n`;
  assert.deepEqual(summarize(text), [
    '3 GitUser n/a',
    '11 GitUser n/c',
    '10 GitUser n/b: spec.x: unknown field: remove it, or look for a typing error',
    '15 ignored a document that is no object',
  ]);
});

test('an object that is wrong everywhere is not complained of without end', () => {
  const fields = Array.from({ length: 50 }, (_, at) => `  f${at}: 1\n`).join('');
  const found = summarize(user('a', `spec:\n${fields}`));
  assert.equal(found.length, 21);
  assert.match(found.at(-1) ?? '', /and 30 more problems/);
});

test('a field __proto__ is as unknown as any other', () => {
  const unknown = 'unknown field: remove it, or look for a typing error';
  const spec = user('a', 'spec:\n  __proto__: {suspended: true}\n');
  assert.deepEqual(summarize(spec), [`4 GitUser default/a: spec.__proto__: ${unknown}`]);
  const metadata = user('a').replace('name: a', 'name: a, __proto__: {x: 1}');
  assert.deepEqual(summarize(metadata), [`2 GitUser default/a: metadata.__proto__: ${unknown}`]);
  assert.deepEqual(summarize(user('a', '__proto__: 1\n')), [`3 GitUser default/a: __proto__: ${unknown}`]);
});

test('a label or annotation __proto__ is refused, not dropped', () => {
  for (const field of ['labels', 'annotations']) {
    const text = user('a').replace('name: a', `name: a, ${field}: {b: c, __proto__: d}`);
    assert.deepEqual(summarize(text), [
      `2 GitUser default/a: metadata.${field}.__proto__: a name must begin with a letter or digit: choose another one`,
    ]);
  }
  assert.deepEqual(summarize(user('a').replace('name: a', 'name: a, labels: {constructor: b}')), [
    '0 GitUser default/a',
  ]);
});

test('a document of more than 1 MiB is refused unless it is a list, and a list of more than 4 MiB', () => {
  const comment = `# ${'x'.repeat(2 ** 20)}\n`;
  const tooLarge = (limit: number) => [
    `0 broken: the document is larger than ${limit} MiB: split it into several documents`,
  ];
  assert.deepEqual(summarize(user('a', comment)), tooLarge(1));
  const list = 'kind: List\nitems: []\n';
  assert.deepEqual(summarize(comment + list), []);
  assert.deepEqual(summarize(comment.repeat(4) + list), tooLarge(4));
});

test('the lines of a long list are found in no more time than it takes to parse it', () => {
  const item = '- apiVersion: gitingress.dev/v1alpha1\n  kind: GitUser\n  metadata: {name: a}\n';
  const startedAt = performance.now();
  const { objects } = parseDocument(`kind: List\nitems:\n${item.repeat(50_000)}`);
  assert.equal(objects.at(-1)?.line, 2 + 3 * 49_999);
  assert.ok(performance.now() - startedAt < 10_000);
});

/** Ten aliases a level: 10^levels values for a few hundred bytes. */
const bomb = (levels: number): string => {
  const lines = ['a0: &a0 [x]'];
  for (let level = 1; level <= levels; level++) {
    lines.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(',')}]`,
    );
  }
  return lines.join('\n');
};

test('documents that stand for far more than is written are refused at once', () => {
  const startedAt = performance.now();
  assert.deepEqual(summarize(bomb(9)), ['0 broken: its aliases stand for more than 100000 values: write them out']);
  // Wherever the alias stands, it is counted.
  const hidden = bomb(9).replaceAll(/\*(a\d)/g, ' # x\n *$1\n ');
  assert.match(summarize(hidden).join(), /broken: its aliases/);
  assert.match(summarize(bomb(11)).join(), /broken: aliases exceeded maxAliases/);
  assert.match(summarize(`a: &a\n  - *a\n`).join(), /broken: its aliases/);
  assert.match(summarize('['.repeat(10_000)).join(), /broken: nesting exceeded maxDepth/);
  assert.ok(performance.now() - startedAt < 2_000);
});
