import type { ObjectKey } from '../api/object-key.ts';
import type { Repository, Resource, SSHKey } from '../api/resource.ts';
import { type Claimant, createClaimBook } from './claim-book.ts';
import { type Claim, claimOf } from './claim-of.ts';
import { encodeEntry } from './entry-line.ts';
import { type Finding, isSameFinding } from './findings.ts';
import type { EntryChanges } from './index-changes.ts';
import { isOvertaken, judgeKeys } from './judge-keys.ts';
import { judgeRepositories } from './judge-repositories.ts';
import { judgeUser } from './judge-user.ts';
import { createNameBook, type KnownNames, type Name } from './names.ts';
import type { IndexPolicy } from './policy.ts';
import type { Verdict } from './verdict.ts';

/** By object: what it is now; undefined: it is gone. */
export type ResourceChanges = ReadonlyMap<ObjectKey, Resource | undefined>;

export type CompiledChanges = EntryChanges & {
  /** Objects that are still there, and of which another thing is found than before. */
  readonly found: ReadonlySet<ObjectKey>;
  /** Names that came or went: of who speaks of them, other things are to be noted now (`withNotes`). */
  readonly names: ReadonlySet<Name>;
};

/**
 * Turns well-formed objects into the lines of the index, and the only place where rules between objects are kept: unique
 * paths and keys, references, limits. An object that is not accepted leaves no entry; the others are as if it were not
 * there. A change costs what it touches: the claims that it is in, and those of objects that need it. After any
 * changes, all is as if the objects that are left had been given at once.
 */
export type IndexCompiler = {
  update(changes: ResourceChanges): CompiledChanges;
  /** All entries: by id, the line. */
  readonly lines: ReadonlyMap<string, string>;
  /** Which users, groups and repositories there are. */
  readonly names: KnownNames;
  finding(object: ObjectKey): Finding | undefined;
  /** The id of the entry that an object has, or would have if others let it; undefined if it is refused for itself. */
  claim(object: ObjectKey): Claim | undefined;
};

export function createIndexCompiler(policy: IndexPolicy): IndexCompiler {
  const objects = new Map<ObjectKey, Claimant>();
  const claims = createClaimBook();
  const lines = new Map<string, string>();
  const names = createNameBook();

  const remove = (claimant: Claimant): void => {
    const { key, resource, claim } = claimant;
    objects.delete(key);
    names.remove(key, resource, claim !== undefined);
    if (claim !== undefined) claims.remove(claim, claimant);
  };

  const add = (claimant: Claimant): void => {
    const { key, resource, claim } = claimant;
    objects.set(key, claimant);
    names.add(key, resource, claim !== undefined);
    if (claim !== undefined) claims.add(claim, claimant);
  };

  /** Puts objects where they belong. Gives the claims whose verdicts may be others now. */
  const place = (changes: ResourceChanges, found: Set<ObjectKey>): Set<Claim> => {
    const touched = new Set<Claim>();
    for (const [key, resource] of changes) {
      const before = objects.get(key);
      if (before?.resource === resource) continue;
      if (before !== undefined) remove(before);
      if (before?.claim !== undefined) touched.add(before.claim);
      if (resource === undefined) continue;
      const claimed = claimOf(resource, policy);
      const claim = claimed.ok ? claimed.value : undefined;
      const claimant = { key, resource, claim, finding: before?.finding };
      add(claimant);
      if (claimed.ok) touched.add(claimed.value);
      else find(claimant, claimed.error, found);
    }
    return touched;
  };

  /** The claims of those who need names that came or went, as far as it makes a difference to them. */
  const touchedBy = function* (changedNames: ReadonlySet<Name>): Generator<Claim> {
    for (const name of changedNames) {
      for (const key of names.needing(name)) {
        const { claim, resource, finding } = objects.get(key) ?? {};
        if (claim === undefined || resource?.kind !== 'SSHKey') continue;
        if (finding === undefined || isOvertaken(resource, finding, names)) yield claim;
      }
    }
  };

  return {
    lines,
    names,
    finding: (object) => objects.get(object)?.finding,
    claim: (object) => objects.get(object)?.claim,
    update(changes) {
      const set = new Map<string, string>();
      const added = new Set<string>();
      const removed = new Set<string>();
      const found = new Set<ObjectKey>();
      const touched = place(changes, found);
      const changedNames = names.takeChanged();
      for (const claim of touchedBy(changedNames)) touched.add(claim);
      for (const claim of touched) {
        const claimants = claims.claimants(claim);
        const { entry, findings } = judge(claim, claimants, names);
        for (const [at, claimant] of claimants.entries()) find(claimant, findings[at], found);
        const line = entry && encodeEntry(entry);
        const before = lines.get(claim);
        if (line === undefined && before !== undefined) {
          lines.delete(claim);
          removed.add(claim);
        } else if (line !== undefined && line !== before) {
          lines.set(claim, line);
          set.set(claim, line);
          if (before === undefined) added.add(claim);
        }
      }
      return { set, added, removed, found, names: changedNames };
    },
  };
}

function find(claimant: Claimant, finding: Finding | undefined, found: Set<ObjectKey>): void {
  if (isSameFinding(claimant.finding, finding)) return;
  claimant.finding = finding;
  found.add(claimant.key);
}

/** Of one claim, so that all are of one kind. */
function judge(claim: Claim, claimants: readonly Claimant[], known: KnownNames): Verdict {
  const resources = claimants.map(({ resource }) => resource);
  const [first] = resources;
  switch (first?.kind) {
    case undefined:
      return { entry: undefined, findings: [] };
    case 'GitUser':
      return judgeUser(first);
    case 'SSHKey':
      return judgeKeys(claim, resources as readonly SSHKey[], known);
    case 'Repository':
      return judgeRepositories(resources as readonly Repository[]);
  }
}
