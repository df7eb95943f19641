import { ok } from '../core/result.ts';
import type { CommandLine } from '../runtime/config/load-config.ts';
import { type ExitCode, exitCodes } from '../runtime/exit-codes.ts';
import { check as checkObjects } from '../standalone/check.ts';
import { chooseIndexPolicy } from './index-policy.ts';

export async function check(line: CommandLine): Promise<ExitCode> {
  const { config, positionals } = line;
  const isInCluster = config.kubernetes.kubeconfig !== undefined;
  const warn = (text: string): unknown => process.stderr.write(`git-ingress check: ${text}\n`);
  if (positionals.length === 0 && !isInCluster) {
    warn('expected FILE|DIR..., or a cluster by --kubernetes-kubeconfig');
    return exitCodes.usage;
  }
  // Loaded only when it is needed: it takes longer than a check.
  const cluster = isInCluster ? await (await import('../operator/read-cluster.ts')).readCluster(config) : ok(undefined);
  if (!cluster.ok) {
    warn(cluster.error);
    return exitCodes.failed;
  }
  return checkObjects({
    paths: positionals,
    cluster: cluster.value,
    policy: chooseIndexPolicy(line, isInCluster),
    now: Date.now(),
    print: (text) => process.stdout.write(`${text}\n`),
  });
}
