import { runOperator, runVerification } from '../operator/main.ts';
import type { CommandLine } from '../runtime/config/load-config.ts';
import type { ExitCode } from '../runtime/exit-codes.ts';
import { runProcess } from '../runtime/lifecycle.ts';
import { createLog } from '../runtime/log.ts';

export async function operator({ config, own }: CommandLine): Promise<ExitCode> {
  if (own.has('--verify-index')) return runVerification(config, (line) => process.stdout.write(`${line}\n`));
  const log = createLog({ ...config.log, component: 'operator' });
  return runProcess(log, (signals) => runOperator(config, log, signals));
}
