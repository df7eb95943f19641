import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ServerFault } from '../repository/fault.ts';
import { runRepository } from '../repository/main.ts';
import type { CommandLine } from '../runtime/config/load-config.ts';
import type { Config } from '../runtime/config/schema.ts';
import { type ExitCode, exitCodes } from '../runtime/exit-codes.ts';
import { startHttpServer } from '../runtime/http-server.ts';
import { type EndSignals, runProcess } from '../runtime/lifecycle.ts';
import { createLog, type Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { answerParent, tellParent } from '../runtime/parent-process.ts';
import { explainSystemError, StartupError } from '../runtime/startup-error.ts';
import { version } from '../runtime/version.ts';

const component = 'repository';

export function repository({ config }: CommandLine): Promise<ExitCode> {
  const log = createLog({ ...config.log, component });
  return runProcess(log, (signals) => serve(config, log, signals));
}

async function serve(config: Config, log: Log, { drain, stop }: EndSignals): Promise<ExitCode> {
  const registry = createMetrics({ component, version });
  answerParent(registry);
  let isListening = false;
  const http =
    config.http.listen &&
    (await startHttpServer({
      listen: config.http.listen,
      metrics: registry,
      notReady: () => (drain.aborted ? ['draining'] : isListening ? [] : ['not listening yet']),
    }));
  try {
    await runRepository(await buildOptions(config, log, registry), drain, stop, () => {
      isListening = true;
      tellParent({ type: 'Listening' });
    });
    return exitCodes.good;
  } catch (error) {
    const message = error instanceof ServerFault || error instanceof StartupError ? error.message : undefined;
    if (message === undefined) throw error;
    tellParent({ type: 'Failed', message });
    log.logger.error({ err: error }, 'cannot start');
    return exitCodes.usage;
  } finally {
    await http?.close();
  }
}

async function buildOptions(
  config: Config,
  log: Log,
  registry: ReturnType<typeof createMetrics>,
): Promise<Parameters<typeof runRepository>[0]> {
  const { listen, pod, linkKeys, maxSessions, maxQueued } = config.repository;
  if (listen === undefined || pod === undefined || linkKeys === undefined)
    throw new Error('required options are absent');
  return {
    listen,
    dataDir: config.data,
    podName: pod,
    linkPublicKeys: await readLinkKeys(linkKeys),
    maxSessions,
    maxQueued,
    gracePeriod: config.shutdown.gracePeriod,
    log: log.logger,
    registry,
  };
}

/** One or several Ed25519 public keys in PEM form. */
async function readLinkKeys(file: string): Promise<readonly KeyObject[]> {
  const refuse = (message: string, cause?: unknown): never => {
    throw new StartupError('LINK_KEYS_NOT_USABLE', `the link keys in ${file} cannot be used: ${message}`, { cause });
  };
  const text = await readFile(file, 'utf8').catch((error: unknown) => refuse(explainSystemError(error), error));
  const blocks = text.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
  if (blocks.length === 0) refuse('there is no PUBLIC KEY block in it');
  return blocks.map((block) => {
    let key: KeyObject;
    try {
      key = createPublicKey(block);
    } catch (error) {
      return refuse('a block in it is damaged', error);
    }
    return key.asymmetricKeyType === 'ed25519' ? key : refuse('a key in it is not Ed25519');
  });
}
