import { type ApiError, ConnectionFault, parseApiError } from './api-error.ts';
import type { HttpResponse } from './connection.ts';
import { readLines } from './json-lines.ts';
import { isStoredObject, type StoredObject } from './kubernetes-object.ts';

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: StoredObject }
  /** Nothing happened up to this resource version. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** etcd takes 1.5 MiB a request; JSON of an event has a little around it. */
const maxLineBytes = 4 * 2 ** 20;

/**
 * The events of a watch, in batches of what came together; an empty batch is a sign of life. Ends when the server closes
 * the watch. Rejects with the `ApiError` that the server put into the stream, or with a `ConnectionFault`: what is
 * malformed is told, never skipped, for it may have been a deletion.
 */
export async function* readWatchEvents(
  response: HttpResponse,
  signal: AbortSignal,
): AsyncGenerator<readonly WatchEvent[], void, void> {
  try {
    for await (const lines of readLines(response.body, maxLineBytes)) {
      const events: WatchEvent[] = [];
      for (const line of lines) {
        const event = parseWatchLine(line);
        if (event instanceof Error) {
          // What came before it is good.
          if (events.length > 0) yield events;
          throw event;
        }
        events.push(event);
      }
      yield events;
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof Error && (cause.name === 'ApiError' || cause instanceof ConnectionFault)) throw cause;
    throw new ConnectionFault('Unreachable', 'the watch broke off', { cause });
  } finally {
    response.body.destroy();
  }
}

function parseWatchLine(line: string): WatchEvent | ApiError | ConnectionFault {
  let parsed: { readonly type?: unknown; readonly object?: Record<string, unknown> } | null;
  try {
    parsed = JSON.parse(line);
  } catch (cause) {
    return new ConnectionFault('Malformed', 'a line of a watch is not JSON', { cause });
  }
  const { type, object } = parsed ?? {};
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      if (isStoredObject(object)) return { type, object };
      break;
    case 'BOOKMARK': {
      const { resourceVersion } = (object?.metadata ?? {}) as { readonly resourceVersion?: unknown };
      if (typeof resourceVersion === 'string') return { type, resourceVersion };
      break;
    }
    case 'ERROR':
      return parseApiError(Number(object?.code ?? 500), JSON.stringify(object), undefined);
  }
  return new ConnectionFault('Malformed', 'a line of a watch is no event');
}
