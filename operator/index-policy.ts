import type { IndexPolicy } from '../core/index/policy.ts';
import type { Config } from '../runtime/config/schema.ts';

/** What holds in a cluster: a namespace has the paths that begin with its name, and those that it is given beside them. */
export const policyOf = ({ keys, operator }: Pick<Config, 'keys' | 'operator'>): Required<IndexPolicy> => ({
  minimumRsaBits: keys.minimumRsaBits,
  pathPrefixes: parsePathPrefixes(operator.pathPrefixes),
});

/** `NAMESPACE=PREFIX` each. */
function parsePathPrefixes(items: readonly string[]): Required<IndexPolicy>['pathPrefixes'] {
  const prefixes = new Map<string, string[]>();
  for (const item of items) {
    const [namespace = '', prefix = ''] = item.split('=');
    prefixes.set(namespace, [...(prefixes.get(namespace) ?? []), prefix]);
  }
  return Object.fromEntries(prefixes);
}
