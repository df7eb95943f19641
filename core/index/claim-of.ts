import type { Repository, Resource, SSHKey } from '../api/resource.ts';
import { isValidRepositoryPath, maxPathLength } from '../git/repository-path.ts';
import { keyHash } from '../ssh/fingerprint.ts';
import { type PublicKey, parsePublicKeyLine, weakness } from '../ssh/public-key.ts';
import type { Claimant } from './claimant.ts';
import { lookupKey } from './entry.ts';
import { encodeEntry, maxEntryBytes } from './entry-line.ts';
import type { Finding } from './findings.ts';
import { pathOf } from './path-claim.ts';
import type { IndexPolicy, PathPolicy } from './policy.ts';
import { repositoryEntry } from './repository-entry.ts';

/** Says of an object alone what it claims, and what is wrong with it. */
export function claimantOf(resource: Resource, policy: IndexPolicy): Claimant {
  switch (resource.kind) {
    case 'GitUser':
      return { resource, claim: lookupKey.user(resource.metadata), fault: undefined };
    case 'SSHKey':
      return claimantOfKey(resource, policy);
    case 'Repository':
      return {
        resource,
        claim: lookupKey.repository(pathOf(resource)),
        fault: faultOfRepository(resource, policy),
      };
  }
}

function claimantOfKey(resource: SSHKey, policy: IndexPolicy): Claimant {
  const { metadata, spec } = resource;
  const parsed = parsePublicKeyLine(spec.publicKey);
  if (!parsed.ok) {
    const fault: Finding = { reason: 'Invalid', message: `spec.publicKey: ${parsed.error}`, field: 'publicKey' };
    return { resource, claim: `invalid/${metadata.namespace}/${metadata.name}`, fault };
  }
  const claim = `${lookupKey.key(keyHash(parsed.value.blob))}/${metadata.namespace}`;
  return { resource, claim, fault: weaknessOf(parsed.value, policy) };
}

function weaknessOf(key: PublicKey, policy: IndexPolicy): Finding | undefined {
  const weak = weakness(key, policy);
  return weak === undefined ? undefined : { reason: 'WeakKey', message: weak, field: 'publicKey' };
}

function faultOfRepository(repository: Repository, policy: PathPolicy): Finding | undefined {
  const entry = repositoryEntry(repository);
  const { path, namespace } = entry;
  if (!isValidRepositoryPath(path)) {
    // All else is refused by the schema, which knows no namespace.
    const message = `path "${path}" is longer than ${maxPathLength} bytes: give spec.path, or a shorter name`;
    return { reason: 'Invalid', message, field: 'path' };
  }
  if (!isPermittedPath(path, namespace, policy)) {
    const message = `path "${path}" is outside of what namespace ${namespace} may use: begin it with "${namespace}/", or ask for a path prefix`;
    return { reason: 'PathNotPermitted', message, field: 'path' };
  }
  if (Buffer.byteLength(encodeEntry(entry)) <= maxEntryBytes) return undefined;
  const message = `access and refRules compile to more than ${maxEntryBytes} bytes: use groups, or fewer rules`;
  return { reason: 'TooLarge', message };
}

function isPermittedPath(path: string, namespace: string, { pathPrefixes }: PathPolicy): boolean {
  if (pathPrefixes === undefined) return true;
  return [`${namespace}/`, ...(Object.hasOwn(pathPrefixes, namespace) ? (pathPrefixes[namespace] ?? []) : [])].some(
    (prefix) => path.startsWith(prefix),
  );
}
