import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** One request, over whichever protocol the server speaks. */
export type HttpExchange = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Ends the exchange, and the body of the answer. */
  readonly signal: AbortSignal;
};

export type HttpResponseHead = {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  /** To be read to its end, or destroyed. */
  readonly body: Readable;
};
