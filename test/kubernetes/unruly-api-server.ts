import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect, constants, createSecureServer, type ServerHttp2Stream } from 'node:http2';
import { join } from 'node:path';
import type { ApiServer } from '../harness/api-server.ts';
import { freePort } from '../harness/free-port.ts';
import { writeKubeconfig } from '../harness/kubeconfig.ts';
import type { Scope } from '../harness/server-process.ts';

/** What an API server does that has too much to do. */
export type Mood = {
  /** So long a watch lasts, in milliseconds; every other one breaks off, and does not end in good order. */
  readonly watchMs?: number;
  /** Of all requests, the share that is refused: 429, and to come again after a second. */
  readonly refuses?: number;
  /** No piece of the access index can be written: 500. */
  readonly failsIndex?: boolean;
};

export type UnrulyApiServer = {
  /** The path of a kubeconfig of `admin` that leads to it. */
  readonly kubeconfig: string;
  mood: Mood;
  /** Watches that it ended or broke off, and requests that it refused. */
  readonly counts: { watches: number; refusals: number };
};

const { HTTP2_HEADER_METHOD, HTTP2_HEADER_PATH, HTTP2_HEADER_STATUS } = constants;

/** The API server itself, behind a proxy that treats its clients badly. */
export async function makeUnruly(scope: Scope, server: ApiServer): Promise<UnrulyApiServer> {
  const ca = readFileSync(server.caFile);
  let upstream: ClientHttp2Session | undefined;
  const session = (): ClientHttp2Session => {
    if (upstream === undefined || upstream.closed || upstream.destroyed) {
      upstream = connect(server.url, { ca });
      upstream.on('error', () => {});
    }
    return upstream;
  };
  // Each mood is followed in turns, not by chance: a share of half refuses every second request.
  let due = 0;
  const mustRefuse = (): boolean => {
    due += unruly.mood.refuses ?? 0;
    if (due < 1) return false;
    due -= 1;
    return true;
  };

  function endSoon(stream: ServerHttp2Stream, watchMs: number): void {
    const timer = setTimeout(() => {
      unruly.counts.watches += 1;
      if (unruly.counts.watches % 2 === 0) stream.end();
      // close() would end it in good order first.
      else stream.destroy(new Error('broken off'));
    }, watchMs);
    stream.once('close', () => clearTimeout(timer));
  }

  const key = readFileSync(join(server.home, 'apiserver.key'));
  const listener = createSecureServer({ key, cert: ca });
  listener.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    if (mustRefuse()) {
      unruly.counts.refusals += 1;
      stream.respond({ [HTTP2_HEADER_STATUS]: 429, 'retry-after': '1' }, { endStream: true });
      return;
    }
    const path = String(headers[HTTP2_HEADER_PATH]);
    if (unruly.mood.failsIndex === true && /accessindexshards/.test(path) && headers[HTTP2_HEADER_METHOD] !== 'GET') {
      stream.respond({ [HTTP2_HEADER_STATUS]: 500 }, { endStream: true });
      return;
    }
    const forwarded = { ...headers };
    delete forwarded[':authority'];
    const far = session().request(forwarded, { endStream: headers[HTTP2_HEADER_METHOD] === 'GET' });
    far.on('error', (error) => stream.destroy(error));
    far.on('response', (answer) => {
      if (stream.destroyed) return;
      stream.respond(answer);
      far.pipe(stream);
      const { watchMs } = unruly.mood;
      if (watchMs !== undefined && path.includes('watch=true')) endSoon(stream, watchMs);
    });
    stream.on('close', () => far.close());
    if (headers[HTTP2_HEADER_METHOD] !== 'GET') stream.pipe(far);
  });
  const sessions = new Set<{ destroy(): void }>();
  listener.on('session', (each) => {
    sessions.add(each);
    each.on('close', () => sessions.delete(each));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => listener.listen(port, '127.0.0.1', resolve));
  scope.after(() => {
    listener.close();
    for (const each of sessions) each.destroy();
    upstream?.destroy();
  });

  const access = { server: `https://127.0.0.1:${port}`, caFile: server.caFile, token: server.token('admin') };
  const unruly: UnrulyApiServer = {
    kubeconfig: writeKubeconfig(server.home, 'unruly', access),
    mood: {},
    counts: { watches: 0, refusals: 0 },
  };
  return unruly;
}
