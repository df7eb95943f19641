import type { Repository, Resource, SSHKey } from '../api/resource.ts';
import { isValidRepositoryPath, maxPathLength } from '../git/repository-path.ts';
import { err, ok, type Result } from '../result.ts';
import { keyHash } from '../ssh/fingerprint.ts';
import { parsePublicKeyLine, weakness } from '../ssh/public-key.ts';
import { lookupKey } from './entry.ts';
import { encodeEntry, maxEntryBytes } from './entry-line.ts';
import type { Finding } from './findings.ts';
import { pathOf } from './path-claim.ts';
import type { IndexPolicy, PathPolicy } from './policy.ts';
import { repositoryEntry } from './repository-entry.ts';

/**
 * What objects compete for: a path, a user's name, or a public key within a namespace. All who claim one are judged
 * together, and together make at most the one entry of this id; objects of different claims touch each other through
 * names alone.
 */
export type Claim = string;

/** What an object claims; or why it cannot claim anything, whatever else there is. */
export function claimOf(resource: Resource, policy: IndexPolicy): Result<Claim, Finding> {
  switch (resource.kind) {
    case 'GitUser':
      return ok(lookupKey.user(resource.metadata));
    case 'SSHKey':
      return claimOfKey(resource, policy);
    case 'Repository':
      return claimOfRepository(resource, policy);
  }
}

function claimOfKey({ metadata, spec }: SSHKey, policy: IndexPolicy): Result<Claim, Finding> {
  const parsed = parsePublicKeyLine(spec.publicKey);
  if (!parsed.ok) return err({ reason: 'Invalid', message: `spec.publicKey: ${parsed.error}`, field: 'publicKey' });
  const weak = weakness(parsed.value, policy);
  if (weak !== undefined) return err({ reason: 'WeakKey', message: weak, field: 'publicKey' });
  return ok(`${lookupKey.key(keyHash(parsed.value.blob))}/${metadata.namespace}`);
}

function claimOfRepository(repository: Repository, policy: PathPolicy): Result<Claim, Finding> {
  const { namespace } = repository.metadata;
  const path = pathOf(repository);
  if (!isValidRepositoryPath(path)) {
    // All else is refused by the schema, which knows no namespace.
    const message = `path "${path}" is longer than ${maxPathLength} bytes: give spec.path, or a shorter name`;
    return err({ reason: 'Invalid', message, field: 'path' });
  }
  if (!isPermittedPath(path, namespace, policy)) {
    const message = `path "${path}" is outside of what namespace ${namespace} may use: begin it with "${namespace}/", or ask for a path prefix`;
    return err({ reason: 'PathNotPermitted', message, field: 'path' });
  }
  if (Buffer.byteLength(encodeEntry(repositoryEntry(repository))) > maxEntryBytes) {
    const message = `access and refRules compile to more than ${maxEntryBytes} bytes: use groups, or fewer rules`;
    return err({ reason: 'TooLarge', message });
  }
  return ok(lookupKey.repository(path));
}

function isPermittedPath(path: string, namespace: string, { pathPrefixes }: PathPolicy): boolean {
  if (pathPrefixes === undefined) return true;
  return [`${namespace}/`, ...(Object.hasOwn(pathPrefixes, namespace) ? (pathPrefixes[namespace] ?? []) : [])].some(
    (prefix) => path.startsWith(prefix),
  );
}
