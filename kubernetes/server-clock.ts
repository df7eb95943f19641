import { ConnectionFault } from './api-error.ts';
import type { CallOptions, RestClient } from './rest-client.ts';

/**
 * The API server's own time, to the second, in milliseconds since 1970. For what has to be reckoned across restarts of
 * this process and moves to another node: those clocks may differ by minutes. Rejects as every call does.
 */
export async function readServerTime(
  rest: RestClient,
  options: CallOptions & { signal: AbortSignal },
): Promise<number> {
  // Everybody may ask it.
  const { body, header } = await rest.stream({ method: 'GET', path: '/version' }, options);
  body.destroy();
  // RFC 9110 §6.6.1: an origin server with a clock sends it in every answer.
  const time = Date.parse(header('date') ?? '');
  if (Number.isNaN(time)) throw new ConnectionFault('Malformed', 'the answer has no date');
  return time;
}
