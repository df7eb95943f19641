import { type Row, rowsOf } from './objects.ts';

const { taken, refused } = rowsOf('GitUser');
const letters = (length: number): string => 'a'.repeat(length);
const labels = (value: unknown) => ({ metadata: { labels: value } });
const annotations = (value: unknown) => ({ metadata: { annotations: value } });
const groups = (length: number): readonly string[] => Array.from({ length }, (_, at) => `group-${at}`);

export const gitUserRows: readonly Row[] = [
  taken('no spec'),
  taken('an empty spec', {}),
  taken('a spec without a value', null),
  refused('a list for a spec', [], 'spec'),
  taken('every field', { displayName: 'Alice', email: 'alice@example.com', groups: ['a'], suspended: true }),
  taken('every field without a value', { displayName: null, email: null, groups: null, suspended: null }),
  refused('a misspelt field', { suspendd: true }, 'spec.suspendd'),
  refused('an unknown field without a value', { suspendd: null }, 'spec.suspendd'),
  refused('a field beside the spec', {}, 'specs', { specs: {} }),

  refused('the name git', {}, 'metadata.name', { metadata: { name: 'git' } }),
  refused('a name in capitals', {}, 'metadata.name', { metadata: { name: 'Alice' } }),
  refused('a name that ends with a dot', {}, 'metadata.name', { metadata: { name: 'alice.' } }),
  taken('a name of 253 characters', {}, undefined, { metadata: { name: letters(253) } }),
  refused('a name of 254 characters', {}, 'metadata.name', { metadata: { name: letters(254) } }),
  refused('an unknown field of the metadata', {}, 'metadata.label', { metadata: { label: {} } }),

  taken('labels', {}, undefined, labels({ 'app.kubernetes.io/name': 'a_B.c', tier: '' })),
  refused('a label with a blank', {}, 'metadata.labels', labels({ tier: 'a b' })),
  taken('a label of 63 characters', {}, undefined, labels({ tier: letters(63) })),
  refused('a label of 64 characters', {}, 'metadata.labels', labels({ tier: letters(64) })),
  refused('a number for a label', {}, 'labels', labels({ tier: 1 })),
  refused('a name of a label that ends with a hyphen', {}, 'metadata.labels', labels({ 'tier-': 'a' })),
  refused('a name of a label with two slashes', {}, 'metadata.labels', labels({ 'a/b/c': 'a' })),
  refused('a prefix of a label in capitals', {}, 'metadata.labels', labels({ 'Example.com/tier': 'a' })),
  taken('a prefix of 253 characters', {}, undefined, labels({ [`${letters(253)}/tier`]: 'a' })),
  refused('a prefix of 254 characters', {}, 'metadata.labels', labels({ [`${letters(254)}/tier`]: 'a' })),
  taken('a label without a value', {}, undefined, labels({ tier: null })),
  taken('labels without a value', {}, undefined, labels(null)),
  taken('an annotation without a value', {}, undefined, annotations({ note: null })),
  taken('metadata without values', {}, undefined, {
    metadata: { namespace: null, creationTimestamp: null, finalizers: null, ownerReferences: null, generation: null },
  }),
  refused('a list for labels', {}, 'labels', labels(['a'])),
  refused('a time that is none', {}, undefined, { metadata: { creationTimestamp: 'today' } }),
  refused('a fraction for a generation', {}, 'generation', { metadata: { generation: 1.5 } }),
  refused('a text for a spec', 'x', 'spec'),
  refused('false for a spec', false, 'spec'),
  taken('a name of digits', {}, undefined, { metadata: { name: '007' } }),
  taken('annotations', {}, undefined, annotations({ 'Example.com/note': 'any\ntext 😀' })),
  refused('a name of an annotation with a blank', {}, 'metadata.annotations', annotations({ 'a b': 'c' })),
  taken('annotations of 256 KiB', {}, undefined, annotations({ note: letters(256 * 1024 - 4) })),
  refused('annotations of more', {}, 'metadata.annotations', annotations({ note: letters(256 * 1024 - 3) })),
  taken('a finalizer', {}, undefined, { metadata: { finalizers: ['example.com/done'] } }),
  refused('a finalizer with a blank', {}, 'metadata.finalizers', {
    metadata: { finalizers: ['example.com/not done'] },
  }),
  refused('an owner without a UID', {}, 'metadata.ownerReferences', {
    metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a' }] },
  }),

  refused('an empty displayName', { displayName: '' }, 'spec.displayName'),
  taken('a displayName of 128 characters', { displayName: letters(128) }),
  refused('a displayName of 129 characters', { displayName: letters(129) }, 'spec.displayName'),
  taken('a displayName of 128 characters of four bytes', { displayName: '😀'.repeat(128) }),
  refused('a displayName of 129 characters of four bytes', { displayName: '😀'.repeat(129) }, 'spec.displayName'),
  taken('a displayName of many scripts', { displayName: 'Zoë Ångström, プロジェクト　一, О́льга, עברית, naïve\u00a0!' }),
  refused('a displayName of two lines', { displayName: 'a\nb' }, 'spec.displayName'),
  refused('a displayName with DEL', { displayName: 'a\u007f' }, 'spec.displayName'),
  refused('a displayName with a C1 control', { displayName: 'a\u009b31m' }, 'spec.displayName'),
  refused('a displayName with <', { displayName: 'a <b' }, 'spec.displayName'),
  refused('a displayName that turns the direction', { displayName: 'a\u202eb' }, 'spec.displayName'),
  refused('a displayName with an invisible space', { displayName: 'a\u200bb' }, 'spec.displayName'),
  refused('a displayName with a byte order mark', { displayName: '\ufeffa' }, 'spec.displayName'),
  refused('a displayName with half of a pair', { displayName: 'a\ud83db' }, 'spec.displayName'),
  refused('a displayName that was not UTF-8', { displayName: 'a\ufffdb' }, 'spec.displayName'),
  refused('a displayName with a tag of plane 14', { displayName: 'a\u{e0041}b' }, 'spec.displayName'),
  refused('a displayName with a private character', { displayName: 'a\u{10fffd}' }, 'spec.displayName'),
  refused('a number for a displayName', { displayName: 7 }, 'spec.displayName'),

  refused('an email without @', { email: 'alice' }, 'spec.email'),
  refused('an email with a blank', { email: 'alice @example.com' }, 'spec.email'),
  refused('an email in brackets', { email: '<alice@example.com>' }, 'spec.email'),
  refused('an email outside of ASCII', { email: 'zoë@example.com' }, 'spec.email'),
  taken('an email of 254 characters', { email: `${letters(252)}@b` }),
  refused('an email of 255 characters', { email: `${letters(253)}@b` }, 'spec.email'),

  taken('64 groups', { groups: groups(64) }),
  refused('65 groups', { groups: groups(65) }, 'spec.groups'),
  refused('a group twice', { groups: ['a', 'b', 'a'] }, 'spec.groups'),
  taken('a group of 63 characters', { groups: [letters(63)] }),
  refused('a group of 64 characters', { groups: [letters(64)] }, 'spec.groups'),
  refused('a group in capitals', { groups: ['Developers'] }, 'spec.groups[0]'),
  refused('a group with a dot', { groups: ['a', 'b.c'] }, 'spec.groups[1]'),
  refused('an item without a value', { groups: [null] }, 'spec.groups[0]'),
  refused('a text for a list', { groups: 'developers' }, 'spec.groups'),

  refused('a text for suspended', { suspended: 'true' }, 'spec.suspended'),
  refused('a number for suspended', { suspended: 1 }, 'spec.suspended'),
];
