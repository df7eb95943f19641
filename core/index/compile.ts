import { keyOf } from '../api/object-key.ts';
import type { Resource } from '../api/resource.ts';
import { createIndexCompiler, type IndexCompiler } from './compiler.ts';
import type { Finding } from './findings.ts';
import type { KnownNames } from './names.ts';
import type { IndexPolicy } from './policy.ts';

export type CompiledIndex = {
  /** By id, the line of each entry. */
  readonly lines: ReadonlyMap<string, string>;
  /** Which users, groups and repositories there are. */
  readonly names: KnownNames;
  finding(resource: Resource): Finding;
};

/** Compiles objects, of different names, at once (see `IndexCompiler`). */
export function compileIndex(resources: readonly Resource[], policy: IndexPolicy): CompiledIndex {
  const compiler = createIndexCompiler(policy);
  compiler.update(new Map(resources.map((resource) => [keyOf(resource), resource])));
  return compiledBy(compiler);
}

/** What a compiler has come to. */
export const compiledBy = ({ lines, names, finding }: IndexCompiler): CompiledIndex => ({
  ...{ lines, names },
  finding: (resource) => findingOf(finding(keyOf(resource))),
});

/** Every object that was given has a finding. */
function findingOf(finding: Finding | undefined): Finding {
  if (finding === undefined) throw new Error('an object was not compiled');
  return finding;
}

/** The finding of an object at a moment: `Expired` for a key whose time is over. */
export function findingAt(now: number, resource: Resource, finding: Finding): Finding {
  const expiresAt = resource.kind === 'SSHKey' ? resource.spec.expiresAt : undefined;
  if (finding.reason !== 'Accepted' || expiresAt === undefined || now < Date.parse(expiresAt)) return finding;
  const message = `expired at ${expiresAt}: set spec.expiresAt to a later time, or remove the key`;
  return { reason: 'Expired', message, field: 'expiresAt' };
}
