import { sharedLoginName } from '../api/git-user.ts';
import { type ObjectKey, objectKey } from '../api/object-key.ts';
import { formatRef } from '../api/object-ref.ts';
import type { Resource, SSHKey } from '../api/resource.ts';

/** `GitUser NAMESPACE/NAME`, `Repository NAMESPACE/NAME` or `Group NAMESPACE/NAME`: what one object can say of another. */
export type Name = string;

/** Which names there are; a verdict on one object may hang on others only through this. */
export type KnownNames = { has(name: Name): boolean };

export const groupName = (namespace: string, group: string): Name => `Group ${formatRef({ namespace, name: group })}`;

/** The names that are there because of an object. A group is there while somebody is in it. */
function namesGivenBy({ kind, metadata, spec }: Resource): readonly Name[] {
  switch (kind) {
    case 'GitUser':
      if (metadata.name === sharedLoginName) return [];
      return [objectKey(kind, metadata), ...spec.groups.map((group) => groupName(metadata.namespace, group))];
    case 'Repository':
      return [objectKey(kind, metadata)];
    case 'SSHKey':
      return [];
  }
}

/** The Repositories that a deploy key is for. */
export const repositoriesOf = ({ metadata: { namespace }, spec }: SSHKey): readonly Name[] =>
  (spec.repositoryRefs ?? []).map(({ name }) => objectKey('Repository', { namespace, name }));

/**
 * The names that the verdict on an object hangs on. A Repository speaks of users and groups too, but it is the same
 * entry whether they exist or not (`withNotes`): thousands of them need not be judged again when one user goes.
 */
function namesNeededBy(resource: Resource): readonly Name[] {
  if (resource.kind !== 'SSHKey') return [];
  const { metadata, spec } = resource;
  if (spec.userRef === undefined) return repositoriesOf(resource);
  return [objectKey('GitUser', { namespace: metadata.namespace, name: spec.userRef.name })];
}

export type NameBook = KnownNames & {
  /** `isHeard`: whether it matters what the object needs; it does not while the object is refused for itself. */
  add(object: ObjectKey, resource: Resource, isHeard: boolean): void;
  /** What was added, in the same words. */
  remove(object: ObjectKey, resource: Resource, wasHeard: boolean): void;
  /** Names that came or went since the last call. */
  takeChanged(): ReadonlySet<Name>;
  needing(name: Name): Iterable<ObjectKey>;
};

const nobody: ReadonlySet<ObjectKey> = new Set();

/** Keeps which names there are, and who needs them. */
export function createNameBook(): NameBook {
  const givers = new Map<Name, number>();
  const users = new Map<Name, Set<ObjectKey>>();
  /** Names that were touched since the last call, and whether they were there before. */
  let touched = new Map<Name, boolean>();

  const give = (name: Name, change: 1 | -1): void => {
    const before = givers.get(name) ?? 0;
    if (!touched.has(name)) touched.set(name, before > 0);
    if (before + change === 0) givers.delete(name);
    else givers.set(name, before + change);
  };

  return {
    has: (name) => givers.has(name),
    add(object, resource, isHeard) {
      for (const name of namesGivenBy(resource)) give(name, 1);
      if (!isHeard) return;
      for (const name of namesNeededBy(resource)) {
        const known = users.get(name);
        if (known === undefined) users.set(name, new Set([object]));
        else known.add(object);
      }
    },
    remove(object, resource, wasHeard) {
      for (const name of namesGivenBy(resource)) give(name, -1);
      if (!wasHeard) return;
      for (const name of namesNeededBy(resource)) {
        const known = users.get(name);
        known?.delete(object);
        if (known?.size === 0) users.delete(name);
      }
    },
    takeChanged() {
      const changed = new Set<Name>();
      for (const [name, wasThere] of touched) if (givers.has(name) !== wasThere) changed.add(name);
      touched = new Map();
      return changed;
    },
    needing: (name) => users.get(name) ?? nobody,
  };
}
