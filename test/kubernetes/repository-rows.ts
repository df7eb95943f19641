import { type Row, rowsOf } from './objects.ts';

const { taken, refused, condition } = rowsOf('Repository');
const letters = (length: number): string => 'a'.repeat(length);
const everyone = { kind: 'Everyone' };
const named = (name: string) => ({ metadata: { name } });
const branch = (defaultBranch: unknown) => ({ defaultBranch });
const grant = (...subjects: readonly unknown[]) => ({ access: [{ role: 'Read', subjects }] });
const rule = (more: object) => ({
  refRules: [{ refs: ['refs/heads/main'], actions: ['Rewind'], effect: 'Deny', subjects: [everyone], ...more }],
});
const pattern = (ref: unknown) => rule({ refs: [ref] });
const times = <Value>(length: number, make: (at: number) => Value): readonly Value[] =>
  Array.from({ length }, (_, at) => make(at));
const crowd = times(100, () => everyone);
const crowds = (count: number) => times(count, () => ({ role: 'Read', subjects: crowd }));
const crowdedRules = (count: number) => ({ refRules: times(count, () => rule({ subjects: crowd }).refRules[0]) });

const badBranches: readonly (readonly [title: string, name: string])[] = [
  ['a full ref', 'refs/heads/main'],
  ['HEAD', 'HEAD'],
  ['@', '@'],
  ['an option', '-d'],
  ['an empty name', ''],
  ['two dots', 'a..b'],
  ['a blank', 'a b'],
  ['a colon', 'a:b'],
  ['a backslash', 'a\\b'],
  ['a bracket', 'a[b'],
  ['DEL', 'a\u007fb'],
  ['@{', 'a@{b'],
  ['two slashes', 'a//b'],
  ['a leading slash', '/a'],
  ['a trailing slash', 'a/'],
  ['a leading dot', '.a'],
  ['a dot where a part begins', 'a/.b'],
  ['a trailing dot', 'a.'],
  ['.lock at the end', 'a.lock'],
  ['.lock at the end of a part', 'a.lock/b'],
  ['what was not UTF-8', 'a\ufffd'],
];

const badPaths: readonly (readonly [title: string, path: string])[] = [
  ['an empty one', ''],
  ['an absolute one', '/a/b'],
  ['a trailing slash', 'a/b/'],
  ['two slashes', 'a//b'],
  ['one that leads upwards', 'a/../b'],
  ['a hidden part', 'a/.b'],
  ['an option', 'a/-b'],
  ['a blank', 'a/b c'],
  ['a letter outside of ASCII', 'a/bü'],
  ['a backslash', 'a\\b'],
  ['a line end', 'a/b\n'],
  ['.git at the end', 'a/b.git'],
  ['.git in the middle', 'a.git/b'],
  ['.lock at the end', 'a/b.lock'],
];

export const repositoryRows: readonly Row[] = [
  taken('no spec'),
  taken('type Git', { type: 'Git' }),
  refused('another type', { type: 'Mercurial' }, 'spec.type'),
  taken('a description', { description: 'The website, 一' }),
  refused('a description of two lines', { description: 'a\nb' }, 'spec.description'),
  taken('a description of 255 characters', { description: '😀'.repeat(255) }),
  refused('a description of 256 characters', { description: letters(256) }, 'spec.description'),
  refused('a misspelt field', { defaultbranch: 'main' }, 'spec.defaultbranch'),

  taken('a path', { path: 'Team_A/web-site.v2/x' }),
  taken('a path of 255 characters', { path: letters(255) }),
  refused('a path of 256 characters', { path: letters(256) }, 'spec.path'),
  ...badPaths.map(([title, path]) => refused(`a path: ${title}`, { path }, 'spec.path')),
  refused('a name that ends in .git, without a path', {}, 'spec.path', named('website.git')),
  refused('a name that ends in .lock, without a path', {}, 'spec.path', named('website.lock')),
  taken('a name that ends in .git, with a path', { path: 'team/website' }, undefined, named('site.git')),
  taken('a name with .git in it', {}, undefined, named('website.git.old')),
  condition('a name that makes too long a path', {}, 'Invalid', named(letters(253))),

  taken('a branch of several parts', branch('release/2.x')),
  taken('a branch in another script', branch('ветка')),
  taken('a branch that begins with @', branch('@next')),
  taken(
    'a branch of 200 characters',
    branch(
      '一'
        .repeat(200)
        .replaceAll(/(一{50})/g, '$1/')
        .slice(0, 200),
    ),
  ),
  refused('a branch of 201 characters', branch(letters(201)), 'spec.defaultBranch'),
  taken('a branch without a value', branch(null)),
  ...badBranches.map(([title, name]) => refused(`a branch: ${title}`, branch(name), 'spec.defaultBranch')),

  taken(
    'access for all kinds of subjects',
    grant({ kind: 'User', name: 'alice' }, { kind: 'Group', name: 'dev', namespace: 'team-b' }, everyone),
  ),
  refused('a role in other letters', { access: [{ role: 'read', subjects: [everyone] }] }, 'spec.access[0].role'),
  refused('access without subjects', { access: [{ role: 'Read' }] }, 'spec.access[0].subjects'),
  refused('access for nobody', grant(), 'spec.access[0].subjects'),
  refused('a subject of another kind', grant({ kind: 'Team', name: 'a' }), 'spec.access[0].subjects[0].kind'),
  refused('a User without a name', grant(everyone, { kind: 'User' }), 'spec.access[0].subjects[1].name'),
  refused('a Group without a name', grant({ kind: 'Group', namespace: 'a' }), 'spec.access[0].subjects[0].name'),
  refused('Everyone with a name', grant({ kind: 'Everyone', name: 'a' }), 'spec.access[0].subjects[0].name'),
  refused('Everyone with a namespace', grant({ ...everyone, namespace: 'a' }), 'spec.access[0].subjects[0].name'),
  refused('a subject in capitals', grant({ kind: 'User', name: 'Alice' }), 'spec.access[0].subjects[0].name'),
  taken('100 subjects', grant(...times(100, (at) => ({ kind: 'User', name: `u-${at}` })))),
  refused('101 subjects', grant(...times(101, () => everyone)), 'spec.access[0].subjects'),
  taken('100 grants', { access: times(100, () => ({ role: 'Write', subjects: [everyone] })) }),
  refused('101 grants', { access: times(101, () => ({ role: 'Write', subjects: [everyone] })) }, 'spec.access'),
  taken('600 subjects in grants', { access: crowds(6) }),
  taken('600 subjects in grants and rules', { access: crowds(3), ...crowdedRules(3) }),
  refused('601 subjects in grants', { access: [...crowds(6), ...grant(everyone).access] }, 'access and refRules'),
  refused(
    '601 subjects in grants and rules',
    { access: grant(everyone).access, ...crowdedRules(6) },
    'access and refRules',
  ),

  taken('a pattern of characters', pattern('refs/tags/v*-rc*')),
  taken('a pattern of segments', pattern('refs/heads/release/**')),
  taken('a pattern of one segment', pattern('refs/*/main')),
  refused('a short ref', pattern('main'), 'spec.refRules[0].refs[0]'),
  refused('a ref without a name', pattern('refs/'), 'spec.refRules[0].refs[0]'),
  refused('** within a segment', pattern('refs/heads/a**'), 'spec.refRules[0].refs[0]'),
  refused('a ? in a pattern', pattern('refs/heads/a?'), 'spec.refRules[0].refs[0]'),
  refused('an empty segment', pattern('refs//main'), 'spec.refRules[0].refs[0]'),
  taken('a pattern of 255 characters', pattern(`refs/heads/${letters(244)}`)),
  refused('a pattern of 256 characters', pattern(`refs/heads/${letters(245)}`), 'spec.refRules[0].refs[0]'),
  refused('no refs', rule({ refs: [] }), 'spec.refRules[0].refs'),
  refused('33 refs', rule({ refs: times(33, () => 'refs/heads/a') }), 'spec.refRules[0].refs'),
  refused('no actions', rule({ actions: [] }), 'spec.refRules[0].actions'),
  refused('another action', rule({ actions: ['Push'] }), 'spec.refRules[0].actions[0]'),
  refused('five actions', rule({ actions: times(5, () => 'Create') }), 'spec.refRules[0].actions'),
  refused('another effect', rule({ effect: 'Forbid' }), 'spec.refRules[0].effect'),
  refused('no effect', rule({ effect: undefined }), 'spec.refRules[0].effect'),
  taken('Warn with Deny', rule({ enforcement: 'Warn' })),
  taken('enforcement without a value', rule({ enforcement: null })),
  refused('Warn with Allow', rule({ enforcement: 'Warn', effect: 'Allow' }), 'spec.refRules[0].enforcement'),
  refused(
    'a User without a name in a rule',
    rule({ subjects: [{ kind: 'User' }] }),
    'spec.refRules[0].subjects[0].name',
  ),
  condition(
    'the largest rules of all',
    {
      refRules: times(100, () => ({
        refs: times(32, () => `refs/heads/${letters(244)}`),
        actions: ['Create', 'Update', 'Rewind', 'Delete'],
        effect: 'Deny',
        subjects: [everyone],
      })),
    },
    'TooLarge',
  ),

  taken('readOnly', { readOnly: { message: 'frozen for the release' } }),
  refused('readOnly without a message', { readOnly: {} }, 'spec.readOnly.message'),
  refused('readOnly with an empty message', { readOnly: { message: '' } }, 'spec.readOnly.message'),
  refused('true for readOnly', { readOnly: true }, 'spec.readOnly'),
];
