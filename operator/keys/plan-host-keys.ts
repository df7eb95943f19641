import {
  type HostKeyKind,
  hostKeyFile,
  hostKeyKinds,
  looksLikeHostKeyFile,
  parseHostKey,
} from '../../core/ssh/host-key.ts';
import { formatKnownHosts } from '../../core/ssh/known-hosts.ts';
import type { KeySecret, PublishedKeys } from './key-objects.ts';
import type { KeyPlan, NewKey } from './key-plan.ts';

/** The key of the ConfigMap that the text for clients is under. */
export const knownHostsKey = 'known_hosts';

/** What there is to say about a host's keys. */
export type HostKeyState = {
  /** Undefined: there is none. */
  readonly secret: KeySecret | undefined;
  /** Whether the administrator named a Secret of their own, which is never made. */
  readonly isGiven: boolean;
  readonly knownHosts: PublishedKeys | undefined;
  /** `HOST` or `HOST:PORT`. */
  readonly hostNames: readonly string[];
};

/**
 * What to do next about the host keys. Clients remember a host key and raise an alarm when it changes: so none is ever
 * replaced, whatever is wrong with it.
 */
export function planHostKeys({ secret, isGiven, knownHosts, hostNames }: HostKeyState): KeyPlan {
  if (secret === undefined)
    return isGiven
      ? refuse('Missing', 'there is no such Secret: make it')
      : { type: 'MakeSecret', make: hostKeyKinds.map(toNewKey) };
  const read = readHostKeys(secret.data);
  if ('problem' in read) return refuse('Unusable', read.problem);
  const missing = hostKeyKinds.filter((kind) => !read.keys.has(kind));
  if (missing.length > 0 && secret.isOurs && !isGiven)
    return { type: 'ChangeSecret', step: 'KeysAdded', change: { make: missing.map(toNewKey) } };
  if (read.keys.size === 0) return refuse('Unusable', `it needs ${hostKeyKinds.map(hostKeyFile).join(' or ')}`);
  const text = formatKnownHosts(hostNames, [...read.keys.values()]) || noHostNames;
  return knownHosts?.data[knownHostsKey] === text
    ? { type: 'Rest' }
    : { type: 'Publish', data: { [knownHostsKey]: text } };
}

const noHostNames = '# No host names are configured (operator.hostNames).\n';

const toNewKey = (kind: HostKeyKind): NewKey => ({ kind, name: hostKeyFile(kind) });

const refuse = (reason: 'Missing' | 'Unusable', message: string): KeyPlan => ({
  type: 'Refuse',
  problem: { reason, message },
});

type PublicLines = ReadonlyMap<HostKeyKind, string>;

/** `TYPE BASE64` of each key that is there, or what a person must mend. */
function readHostKeys(data: KeySecret['data']): { readonly keys: PublicLines } | { readonly problem: string } {
  const known = hostKeyKinds.map(hostKeyFile);
  const other = Object.keys(data).find((name) => looksLikeHostKeyFile(name) && !known.includes(name));
  if (other !== undefined) return { problem: `only ${known.join(' and ')} can be host keys: remove ${other}` };
  const keys = new Map<HostKeyKind, string>();
  for (const kind of hostKeyKinds) {
    const text = data[hostKeyFile(kind)];
    if (text === undefined) continue;
    const key = parseHostKey(text);
    const advice = `put back the key that ${hostKeyFile(kind)} was`;
    if (!key.ok) return { problem: `${key.error}: ${advice}` };
    const { type, blob } = key.value;
    if (type !== `ssh-${kind}`) return { problem: `there is a key of type ${type} in ${hostKeyFile(kind)}: ${advice}` };
    keys.set(kind, `${type} ${blob.toString('base64')}`);
  }
  return { keys };
}
