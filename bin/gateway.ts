import { runGateway } from '../gateway/main.ts';
import type { CommandLine } from '../runtime/config/load-config.ts';
import { type ExitCode, exitCodes } from '../runtime/exit-codes.ts';
import { runProcess } from '../runtime/lifecycle.ts';
import { createLog } from '../runtime/log.ts';

export function gateway({ config }: CommandLine): Promise<ExitCode> {
  const log = createLog({ ...config.log, component: 'gateway' });
  return runProcess(log, async (signals) => {
    await runGateway(config, log, signals);
    return exitCodes.good;
  });
}
