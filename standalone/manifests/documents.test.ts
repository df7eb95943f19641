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
  ['comments only', '# nothing\n', []],
  [
    'a misspelt field',
    user('alice', 'spec:\n  displayName: A\n  suspendd: true\n'),
    ['5 GitUser default/alice: spec.suspendd: unknown field: remove it, or look for a typing error'],
  ],
  [
    'a boolean of YAML 1.1',
    user('alice', 'spec:\n  suspended: yes\n'),
    ['4 GitUser default/alice: spec.suspended: Invalid input: expected boolean, received string'],
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
  ['a syntax error', 'a: 1\nb: [\n', ['2 broken: deficient indentation']],
  ['two fields of one name', 'a: 1\na: 2\n', ['1 broken: duplicated mapping key']],
  [
    'a tag that would build something else',
    'a: !!js/function x\n',
    ['0 broken: unknown scalar tag !<tag:yaml.org,2002:js/function>'],
  ],
];
for (const [name, text, expected] of documents) {
  test(`reads ${name}`, () => assert.deepEqual(summarize(text), expected));
}

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
