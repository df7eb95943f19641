import { keyOf, type ObjectKey } from '../api/object-key.ts';
import type { GitUser, Repository, Resource, SSHKey } from '../api/resource.ts';
import { createClaimBook } from './claim-book.ts';
import { claimantOf } from './claim-of.ts';
import type { Claim, Claimant } from './claimant.ts';
import { encodeEntry } from './entry-line.ts';
import { type Finding, isSameFinding } from './findings.ts';
import type { IndexChanges } from './index-changes.ts';
import { judgeKeys } from './judge-keys.ts';
import { judgeRepositories } from './judge-repositories.ts';
import { judgeUser } from './judge-user.ts';
import { createNameBook, type KnownNames } from './names.ts';
import type { IndexPolicy } from './policy.ts';
import type { Verdict } from './verdict.ts';

/** By object: what it is now; undefined: it is gone. */
export type ResourceChanges = ReadonlyMap<ObjectKey, Resource | undefined>;

export type CompiledChanges = IndexChanges & {
  /** Those of `set` of which there was no entry before: they take nothing from anybody. */
  readonly added: ReadonlySet<string>;
  /** Objects that are still there, and of which another thing is found than before. */
  readonly found: ReadonlySet<ObjectKey>;
};

/**
 * Turns well-formed objects into the lines of the index, and the only place where rules between objects are kept: unique
 * paths and keys, references, limits. An object that is not accepted leaves no entry; the others are as if it were not
 * there. A change costs what it touches: the claims that it is in, and those of objects that speak of it. After any
 * changes, all is as if the objects that are left had been given at once.
 */
export type IndexCompiler = {
  update(changes: ResourceChanges): CompiledChanges;
  /** All entries: by id, the line. */
  readonly lines: ReadonlyMap<string, string>;
  finding(object: ObjectKey): Finding | undefined;
  /** The id of the entry that an object has, or would have if it were accepted. */
  claim(object: ObjectKey): Claim | undefined;
};

export function createIndexCompiler(policy: IndexPolicy): IndexCompiler {
  const objects = new Map<ObjectKey, Claimant>();
  const claims = createClaimBook();
  const lines = new Map<string, string>();
  const findings = new Map<ObjectKey, Finding>();
  const names = createNameBook();

  const remove = (key: ObjectKey, claimant: Claimant): void => {
    objects.delete(key);
    names.remove(key, claimant.resource);
    claims.remove(claimant);
  };

  const add = (key: ObjectKey, claimant: Claimant): void => {
    objects.set(key, claimant);
    names.add(key, claimant.resource, claimant.fault === undefined);
    claims.add(claimant);
  };

  /** Puts objects where they belong. Gives the claims whose verdicts may be others now. */
  const place = (changes: ResourceChanges): ReadonlySet<Claim> => {
    const touched = new Set<Claim>();
    for (const [key, resource] of changes) {
      const before = objects.get(key);
      if (before?.resource === resource) continue;
      if (before !== undefined) {
        remove(key, before);
        touched.add(before.claim);
      }
      if (resource === undefined) {
        findings.delete(key);
        continue;
      }
      const claimant = claimantOf(resource, policy);
      add(key, claimant);
      touched.add(claimant.claim);
    }
    for (const key of names.takeAffected()) {
      const claimant = objects.get(key);
      if (claimant !== undefined) touched.add(claimant.claim);
    }
    return touched;
  };

  return {
    lines,
    finding: (object) => findings.get(object),
    claim: (object) => objects.get(object)?.claim,
    update(changes) {
      const set = new Map<string, string>();
      const added = new Set<string>();
      const removed = new Set<string>();
      const found = new Set<ObjectKey>();
      for (const claim of place(changes)) {
        const verdict = judge(claims.claimants(claim), names);
        for (const [resource, finding] of verdict.findings) {
          const key = keyOf(resource);
          if (isSameFinding(findings.get(key), finding)) continue;
          findings.set(key, finding);
          found.add(key);
        }
        const line = verdict.entry && encodeEntry(verdict.entry);
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
      return { set, added, removed, found };
    },
  };
}

/** Of one claim, so that all are of one kind. */
function judge(claimants: readonly Claimant[], known: KnownNames): Verdict {
  const [first] = claimants;
  switch (first?.resource.kind) {
    case undefined:
      return { entry: undefined, findings: new Map() };
    case 'GitUser':
      return judgeUser(first as Claimant<GitUser>);
    case 'SSHKey':
      return judgeKeys(claimants as readonly Claimant<SSHKey>[], known);
    case 'Repository':
      return judgeRepositories(claimants as readonly Claimant<Repository>[], known);
  }
}
