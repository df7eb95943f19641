import { formatAddress } from './config/address.ts';
import type { Config } from './config/schema.ts';
import { type HttpServerOptions, startHttpServer } from './http-server.ts';
import type { Log } from './log.ts';
import { logIsLost } from './log-sink.ts';

type HealthServerOptions = Pick<HttpServerOptions, 'metrics'> & {
  readonly config: Pick<Config, 'http'>;
  readonly log: Log;
  readonly drain: AbortSignal;
  /** Why this component in particular is not ready, in words; none: it is. Asked at every request. */
  readonly notReady: () => readonly string[];
};

export type HealthServer = {
  /** For the log; nothing in it where there is no listener. */
  readonly addresses: { readonly http?: string };
  /** Repeatable. */
  close(): Promise<void>;
};

/**
 * The http listener that every long-lived subcommand has, unless `http.listen` is off. Whoever drains, or loses lines of its
 * log, is not ready, whatever it is otherwise. Throws a `StartupError` when the address cannot be used.
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { config, log, metrics, drain, notReady } = options;
  const { listen } = config.http;
  if (!listen) return { addresses: {}, close: async () => {} };
  const server = await startHttpServer({
    listen,
    metrics,
    notReady: () => [...(drain.aborted ? ['draining'] : []), ...notReady(), ...(log.sink.isLosing ? [logIsLost] : [])],
    onFault: (error) => log.logger.error({ err: error }, 'metrics could not be collected'),
  });
  return { addresses: { http: formatAddress(server.address) }, close: () => server.close() };
}
