import { sharedLoginName } from '../api/git-user.ts';
import { type ObjectKey, objectKey } from '../api/object-key.ts';
import { formatRef } from '../api/object-ref.ts';
import type { Resource } from '../api/resource.ts';

/** `GitUser NAMESPACE/NAME`, `Repository NAMESPACE/NAME` or `Group NAMESPACE/NAME`: what one object can say of another. */
export type Name = string;

/** Which names there are; a verdict on one object may hang on others only through this. */
export type KnownNames = { has(name: Name): boolean };

export const groupName = (namespace: string, group: string): Name => `Group ${formatRef({ namespace, name: group })}`;

/** The names that are there because of an object. A group is there while somebody is in it. */
export function namesGivenBy({ kind, metadata, spec }: Resource): readonly Name[] {
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

/** The names that an object speaks of. */
export function namesUsedBy({ kind, metadata: { namespace }, spec }: Resource): ReadonlySet<Name> {
  switch (kind) {
    case 'GitUser':
      return new Set();
    case 'SSHKey': {
      const users = spec.userRef === undefined ? [] : [objectKey('GitUser', { namespace, name: spec.userRef.name })];
      const repositories = (spec.repositoryRefs ?? []).map(({ name }) => objectKey('Repository', { namespace, name }));
      return new Set([...users, ...repositories]);
    }
    case 'Repository': {
      const subjects = [...spec.access, ...spec.refRules].flatMap((entry) => entry.subjects);
      return new Set(
        subjects.flatMap(({ kind: subject, name = '', namespace: other = namespace }) => {
          if (subject === 'Everyone') return [];
          return subject === 'User' ? [objectKey('GitUser', { namespace: other, name })] : [groupName(other, name)];
        }),
      );
    }
  }
}

export type NameBook = KnownNames & {
  /** `isHeard`: whether it matters what the object speaks of; it does not while the object is refused for itself. */
  add(object: ObjectKey, resource: Resource, isHeard: boolean): void;
  remove(object: ObjectKey, resource: Resource): void;
  /** Objects that speak of names which came or went since the last call. */
  takeAffected(): ReadonlySet<ObjectKey>;
};

/** Keeps which names there are, and who speaks of them. */
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
      for (const name of namesUsedBy(resource)) {
        const known = users.get(name);
        if (known === undefined) users.set(name, new Set([object]));
        else known.add(object);
      }
    },
    remove(object, resource) {
      for (const name of namesGivenBy(resource)) give(name, -1);
      for (const name of namesUsedBy(resource)) {
        const known = users.get(name);
        known?.delete(object);
        if (known?.size === 0) users.delete(name);
      }
    },
    takeAffected() {
      const affected = new Set<ObjectKey>();
      for (const [name, wasThere] of touched) {
        if (givers.has(name) !== wasThere) for (const object of users.get(name) ?? []) affected.add(object);
      }
      touched = new Map();
      return affected;
    },
  };
}
