import { setImmediate as nextTurn } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { Log } from './log.ts';
import { StartupError } from './startup-error.ts';

export type EndSignals = {
  /** End in good order: nothing new is taken on, and what runs may finish within the grace period. */
  readonly drain: AbortSignal;
  /** End now; `drain` is aborted too. There are a few hundred milliseconds left. */
  readonly stop: AbortSignal;
};

const flushMs = 1_000;
const stopMs = 500;

/**
 * Runs a long-lived subcommand, and ends the process after it. The first SIGTERM or SIGINT drains, a second one stops.
 * SIGHUP drains where it tells that the terminal has gone; elsewhere it asks to reload, for which there is nothing. A
 * fault that nobody caught ends the process: what is left of it cannot be trusted. A process that was started by another
 * of ours stops when that one is gone, however it ended.
 */
export async function runProcess(log: Log, main: (signals: EndSignals) => Promise<ExitCode>): Promise<never> {
  const drain = new AbortController();
  const stop = new AbortController();
  const end = async (code: ExitCode): Promise<never> => {
    // As below, for a fault, which comes here directly.
    await nextTurn();
    await log.sink.flush(flushMs);
    process.exit(code);
  };
  const stopNow = (): void => {
    stop.abort();
    drain.abort();
    setTimeout(() => process.exit(exitCodes.failed), stopMs);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (drain.signal.aborted) {
      log.logger.warn({ signal }, 'second signal: ending at once');
      stopNow();
      return;
    }
    log.logger.info({ signal }, 'draining: one more signal ends at once');
    drain.abort();
  };
  const isOnTerminal = isatty(1);
  const onHangUp = (signal: NodeJS.Signals): void => {
    // A terminal that goes may say so twice, by its shell and by the kernel: no more than one of them is heard.
    if (!isOnTerminal) log.logger.info({ signal }, nothingToReload);
    else if (!drain.signal.aborted) onSignal(signal);
  };
  const onFault = (error: unknown): void => {
    log.logger.fatal({ err: error }, 'unexpected fault: ending');
    void end(exitCodes.failed);
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal).on('SIGHUP', onHangUp);
  process.on('uncaughtException', onFault).on('unhandledRejection', onFault);
  process.on('disconnect', () => {
    log.logger.warn('the process that started this one is gone: ending');
    stopNow();
  });
  const code = await main({ drain: drain.signal, stop: stop.signal }).catch((error: unknown) => report(log, error));
  // Events of the last turn (afterThisTurn) are logged before the word that ends the log.
  await nextTurn();
  if (stop.signal.aborted) return end(exitCodes.failed);
  if (drain.signal.aborted) log.logger.info('stopped');
  return end(code);
}

const nothingToReload = 'nothing to reload: manifests are followed, and the configuration is read at the start alone';

function report(log: Log, error: unknown): ExitCode {
  if (error instanceof StartupError) {
    process.stderr.write(`git-ingress: ${error.message}\n`);
    return error.exitCode;
  }
  log.logger.fatal({ err: error }, 'unexpected fault: ending');
  return exitCodes.failed;
}
