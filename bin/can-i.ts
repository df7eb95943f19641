import type { CommandLine } from '../runtime/config/load-config.ts';
import { type ExitCode, exitCodes } from '../runtime/exit-codes.ts';
import { canI as answer } from '../standalone/can-i.ts';
import { parseQuestion } from '../standalone/can-i-question.ts';

export async function canI({ config, own, positionals }: CommandLine): Promise<ExitCode> {
  const warn = (line: string): unknown => process.stderr.write(`git-ingress can-i: ${line}\n`);
  const question = parseQuestion(positionals, own);
  if (!question.ok) {
    for (const problem of question.error) warn(problem);
    return exitCodes.usage;
  }
  return answer({
    question: question.value,
    manifests: config.manifests,
    policy: { minimumRsaBits: config.keys.minimumRsaBits },
    now: Date.now(),
    print: (line) => process.stdout.write(`${line}\n`),
    warn,
  });
}
