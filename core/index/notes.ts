import { objectKey } from '../api/object-key.ts';
import type { Repository, Resource } from '../api/resource.ts';
import { acceptedWith, type Finding } from './findings.ts';
import { firstFew } from './first-few.ts';
import { groupName, type KnownNames, type Name, repositoriesOf } from './names.ts';

/** The users and groups that a Repository speaks of, in their order; one may be there several times. */
const subjectNames = ({ metadata, spec }: Repository): readonly Name[] =>
  [...spec.access, ...spec.refRules].flatMap(({ subjects }) =>
    subjects.flatMap(({ kind, name = '', namespace = metadata.namespace }) => {
      if (kind === 'Everyone') return [];
      return kind === 'User' ? [objectKey('GitUser', { namespace, name })] : [groupName(namespace, name)];
    }),
  );

/** The names that only notes hang on: the index is the same whether there are such objects or not. */
export function namesNotedOf(resource: Resource): readonly Name[] {
  switch (resource.kind) {
    case 'GitUser':
      return [];
    case 'SSHKey':
      return repositoriesOf(resource);
    case 'Repository':
      return subjectNames(resource);
  }
}

/**
 * A finding with what should be known beside it: whom or what an accepted object names though it does not exist. That is
 * no error, since objects may be applied in any order; but people want to know. The index is the same with these notes and
 * without, so that only whoever tells people asks for them.
 */
export function withNotes(resource: Resource, finding: Finding, known: KnownNames): Finding {
  if (finding.reason !== 'Accepted' || finding.message !== '') return finding;
  const missing = [...new Set(namesNotedOf(resource))].filter((name) => !known.has(name));
  const notes = kindsOfNotes.flatMap(({ prefix, note }) => {
    const names = missing.filter((name) => name.startsWith(prefix));
    return names.length === 0 ? [] : [note(names)];
  });
  return notes.length === 0 ? finding : acceptedWith(notes.join('; '));
}

const kindsOfNotes: readonly { readonly prefix: string; readonly note: (names: readonly Name[]) => string }[] = [
  { prefix: 'Repository ', note: (names) => `there is no ${firstFew(names)}` },
  {
    prefix: 'GitUser ',
    note: (names) => `it names ${firstFew(names)}, which ${names.length > 1 ? 'do' : 'does'} not exist`,
  },
  { prefix: 'Group ', note: (names) => `it names ${firstFew(names)}, which no GitUser is in` },
];
