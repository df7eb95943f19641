import { Counter, Gauge, type Registry } from 'prom-client';
import type { Logger } from '../../runtime/log.ts';
import { metricPrefix } from '../../runtime/metrics.ts';
import { diffProblems, type ManifestProblem, type ManifestProblemKind } from './problem.ts';

/** Tells of the problems that hold now; each is logged when it appears, and once more when it is solved. */
export type ProblemReporter = (problems: readonly ManifestProblem[]) => void;

const kinds: readonly ManifestProblemKind[] = ['Unreadable', 'NotYaml', 'Invalid', 'SameName', 'NotAccepted'];
/** A folder that is broken as a whole must not fill the log; the metrics count all. */
const maxLogged = 100;

/** The other kinds say in their messages what holds instead. */
const effects: Readonly<Partial<Record<ManifestProblemKind, string>>> = {
  Invalid: 'the object is out of service until it is repaired',
  NotAccepted: 'the object is out of service until it is repaired',
};

export function createProblemReporter(logger: Logger, metrics: Registry): ProblemReporter {
  const labelNames = ['kind'] as const;
  const open = new Gauge({
    name: `${metricPrefix}manifest_problems`,
    help: 'Problems of the manifests as they are now.',
    labelNames,
    registers: [metrics],
  });
  const total = new Counter({
    name: `${metricPrefix}manifest_problems_total`,
    help: 'Problems of the manifests that have appeared so far.',
    labelNames,
    registers: [metrics],
  });
  let before: readonly ManifestProblem[] = [];
  return (problems) => {
    const { appeared, solved } = diffProblems(before, problems);
    before = problems;
    for (const problem of appeared) total.inc({ kind: problem.kind });
    for (const kind of kinds) open.set({ kind }, problems.filter((problem) => problem.kind === kind).length);
    for (const problem of appeared.slice(0, maxLogged)) {
      logger.error({ problem, effect: effects[problem.kind] }, 'problem in the manifests');
    }
    for (const problem of solved.slice(0, maxLogged)) logger.info({ problem }, 'problem in the manifests is solved');
    const unlogged = Math.max(appeared.length - maxLogged, 0) + Math.max(solved.length - maxLogged, 0);
    if (unlogged > 0) logger.error({ unlogged }, 'more problems in the manifests: run git-ingress check');
  };
}
