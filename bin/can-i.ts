import { err, ok, type Result } from '../core/result.ts';
import type { CommandLine } from '../runtime/config/load-config.ts';
import { type ExitCode, exitCodes } from '../runtime/exit-codes.ts';
import { canI as answer } from '../standalone/can-i.ts';
import { parseQuestion } from '../standalone/can-i-question.ts';
import { type KnownObjects, readFolder } from '../standalone/known-objects.ts';
import { chooseIndexPolicy } from './index-policy.ts';

export async function canI(line: CommandLine): Promise<ExitCode> {
  const warn = (text: string): unknown => process.stderr.write(`git-ingress can-i: ${text}\n`);
  const question = parseQuestion(line.positionals, line.own);
  const source = chooseSource(line);
  if (!question.ok || !source.ok) {
    for (const problem of [question, source].flatMap((each) => (each.ok ? [] : each.error))) warn(problem);
    return exitCodes.usage;
  }
  return answer({
    question: question.value,
    objects: await source.value.read(),
    policy: chooseIndexPolicy(line, source.value.isCluster),
    now: Date.now(),
    print: (text) => process.stdout.write(`${text}\n`),
    warn,
  });
}

type Source = { readonly isCluster: boolean; readonly read: () => Promise<Result<KnownObjects, string>> };

/** Of a folder and a cluster, what was named by the stronger means; the folder where nobody named anything. */
function chooseSource({ config, precedenceOf }: CommandLine): Result<Source, readonly string[]> {
  const folder = precedenceOf('manifests');
  const cluster = precedenceOf('kubernetes.kubeconfig');
  if (cluster > folder) return ok({ isCluster: true, read: () => readObjects(config) });
  if (folder > 0 && folder === cluster)
    return err(['a folder and a cluster are both given: name one of them by --manifests or --kubernetes-kubeconfig']);
  const hint = folder === 0 ? '; name another folder by --manifests, or a cluster by --kubernetes-kubeconfig' : '';
  const read: Source['read'] = async () => {
    const found = await readFolder(config.manifests);
    return found.ok ? found : err(`${found.error}${hint}`);
  };
  return ok({ isCluster: false, read });
}

async function readObjects(config: CommandLine['config']): Promise<Result<KnownObjects, string>> {
  // Loaded only when it is needed, for most of the time of an answer would be spent on it.
  const { readCluster } = await import('../operator/read-cluster.ts');
  const found = await readCluster(config);
  if (!found.ok) return found;
  const { resources, invalid, host } = found.value;
  const problems = invalid.length === 0 ? {} : { problems: 'some objects in the cluster are not well-formed' };
  return ok({ resources, place: `the cluster ${host}`, ...problems });
}
