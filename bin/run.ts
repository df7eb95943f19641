import type { CommandLine } from '../runtime/config/load-config.ts';
import { type ExitCode, exitCodes } from '../runtime/exit-codes.ts';
import { runProcess } from '../runtime/lifecycle.ts';
import { createLog } from '../runtime/log.ts';
import { runStandalone } from '../standalone/run.ts';

export function run({ config }: CommandLine): Promise<ExitCode> {
  const log = createLog({ ...config.log, component: 'standalone' });
  return runProcess(log, async (signals) => {
    await runStandalone(config, log, signals);
    return exitCodes.good;
  });
}
