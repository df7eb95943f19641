import ssh2, { type ParsedKey } from 'ssh2';
import { parseHostKey } from '../../core/ssh/host-key.ts';
import { hostKeyAlgorithms } from './algorithms.ts';

/**
 * The keys that a server signs with, by signature algorithm; best first whatever the order of the texts.
 * @throws Error for an unusable key, and when two have the same type.
 */
export function loadHostKeys(privateKeys: readonly string[]): ReadonlyMap<string, ParsedKey> {
  const byType = new Map<string, ParsedKey>();
  for (const privateKey of privateKeys) {
    const key = openHostKey(privateKey);
    if (byType.has(key.type)) throw new Error(`there are two host keys of type ${key.type}`);
    byType.set(key.type, key);
  }
  if (byType.size === 0) throw new Error('there is no host key');

  const byAlgorithm = new Map<string, ParsedKey>();
  for (const [type, algorithms] of Object.entries(hostKeyAlgorithms)) {
    const key = byType.get(type);
    if (key !== undefined) for (const algorithm of algorithms) byAlgorithm.set(algorithm, key);
  }
  return byAlgorithm;
}

function openHostKey(text: string): ParsedKey {
  const checked = parseHostKey(text);
  if (!checked.ok) throw new Error(checked.error);
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) throw new Error('ssh2 cannot read a host key that is in good form', { cause: parsed });
  return Array.isArray(parsed) ? (parsed[0] as ParsedKey) : parsed;
}
