import type { IndexPolicy } from '../core/index/policy.ts';
import { policyOf } from '../operator/index-policy.ts';
import type { CommandLine } from '../runtime/config/load-config.ts';

/**
 * By which rules objects are judged: those of a cluster where some of them are in one, or where prefixes are given, though
 * there be none of them. Otherwise as `run` does, where any path may be claimed.
 */
export function chooseIndexPolicy({ config, precedenceOf }: CommandLine, isInCluster: boolean): IndexPolicy {
  const { minimumRsaBits, pathPrefixes } = policyOf(config);
  const hasTenants = isInCluster || precedenceOf('operator.pathPrefixes') > 0;
  return { minimumRsaBits, ...(hasTenants && { pathPrefixes }) };
}
