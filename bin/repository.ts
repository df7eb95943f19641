import { runRepository } from '../repository/main.ts';
import type { CommandLine } from '../runtime/config/load-config.ts';
import type { Config } from '../runtime/config/schema.ts';
import { type ExitCode, exitCodes } from '../runtime/exit-codes.ts';
import { startHealthServer } from '../runtime/health-server.ts';
import { type EndSignals, runProcess } from '../runtime/lifecycle.ts';
import { createLog, type Log } from '../runtime/log.ts';
import { createMetrics, registerLogMetrics } from '../runtime/metrics.ts';
import { answerParent, tellParent } from '../runtime/parent-process.ts';
import { StartupError } from '../runtime/startup-error.ts';
import { version } from '../runtime/version.ts';

const component = 'repository';

export function repository({ config }: CommandLine): Promise<ExitCode> {
  const log = createLog({ ...config.log, component });
  return runProcess(log, (signals) => serve(config, log, signals));
}

async function serve(config: Config, log: Log, { drain, stop }: EndSignals): Promise<ExitCode> {
  const registry = createMetrics({ component, version });
  registerLogMetrics(registry, log.sink, `${component}_`);
  answerParent(registry);
  let isListening = false;
  const health = await startHealthServer({
    ...{ config, log, metrics: registry, drain },
    notReady: () => (isListening ? [] : ['not listening yet']),
  });
  try {
    await runRepository(buildOptions(config, log, registry), drain, stop, () => {
      isListening = true;
      tellParent({ type: 'Listening' });
    });
    return exitCodes.good;
  } catch (error) {
    if (error instanceof StartupError) tellParent({ type: 'Failed', message: error.message });
    throw error;
  } finally {
    await health.close();
  }
}

function buildOptions(
  config: Config,
  log: Log,
  registry: ReturnType<typeof createMetrics>,
): Parameters<typeof runRepository>[0] {
  const { listen, pod, linkKeys, maxSessions, maxQueued, maxPushSize, maxGitMemory } = config.repository;
  if (listen === undefined || pod === undefined || linkKeys === undefined)
    throw new Error('required options are absent');
  return {
    listen,
    dataDir: config.data,
    podName: pod,
    linkKeys,
    maxSessions,
    maxQueued,
    maxPushBytes: maxPushSize,
    maxGitMemory,
    gracePeriod: config.shutdown.gracePeriod,
    log: log.logger,
    registry,
  };
}
