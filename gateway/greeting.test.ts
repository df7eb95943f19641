import assert from 'node:assert/strict';
import { it } from 'node:test';
import { greeting } from './greeting.ts';
import { candidatesIn, indexOf, publicKey, type Specs } from './testing/small-index.ts';

const to = (role: string, more: object = {}) => ({ access: [{ role, subjects: [{ kind: 'Everyone' }] }], ...more });

const person: Specs = { 'GitUser/alice': {}, 'SSHKey/laptop': { publicKey, userRef: { name: 'alice' } } };
const readOnlyKey: Specs = {
  ...person,
  'SSHKey/laptop': { publicKey, userRef: { name: 'alice' }, access: 'ReadOnly' },
};
const deployKey: Specs = {
  'SSHKey/robot': { publicKey, repositoryRefs: [{ name: 'a' }], access: 'ReadWrite' },
};

const rows: readonly [name: string, who: Specs, repositories: Specs, expected: readonly string[]][] = [
  ['nothing', person, { 'Repository/a': {} }, []],
  [
    'each role, in columns',
    person,
    {
      'Repository/c': to('Read', { description: 'The third' }),
      'Repository/b-longer': to('Write', { description: 'The second' }),
      'Repository/a': to('Maintain'),
    },
    ['  maintain  team/a', '  write     team/b-longer  The second', '  read      team/c         The third'],
  ],
  ['no more than the key may', readOnlyKey, { 'Repository/a': to('Maintain') }, ['  read  team/a']],
  [
    'no more than can be done to it now',
    person,
    { 'Repository/a': to('Maintain', { readOnly: { message: 'frozen' } }) },
    ['  read  team/a'],
  ],
  ['what a deploy key opens', deployKey, { 'Repository/a': {}, 'Repository/b': to('Read') }, ['  write  team/a']],
];

for (const [name, who, repositories, expected] of rows) {
  it(`tells ${name}`, async () => {
    const index = indexOf({ ...who, ...repositories });
    const candidates = candidatesIn(index);
    assert.ok(candidates.ok);
    const [, , heading, ...reached] = (await greeting(candidates.value, index, new AbortController().signal))
      .trimEnd()
      .split('\n');
    assert.equal(heading, expected.length === 0 ? 'You have no access to any repository.' : 'You can reach:');
    assert.deepEqual(reached, expected);
  });
}
