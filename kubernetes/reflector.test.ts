import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { type Reflector, startReflector } from './reflector.ts';
import { createStore, type Store } from './store.ts';
import { answerJson, buildStatus } from './testing/odd-server.ts';
import {
  answerList,
  buildBookmark,
  buildEvent,
  makeWidget,
  type SmallCluster,
  startSmallCluster,
  widgetType,
} from './testing/small-cluster.ts';
import { until } from './testing/until.ts';

const log = pino({ level: 'silent' });

type Watcher = {
  readonly store: Store<string>;
  readonly reflector: Reflector;
  /** `TYPE KEY` of each change, batch by batch. */
  readonly batches: readonly (readonly string[])[];
  stop(): void;
};

function watch(
  context: TestContext,
  { client }: SmallCluster,
  options: Partial<Parameters<typeof startReflector<string>>[0]> = {},
): Watcher {
  const ending = new AbortController();
  const store = createStore<string>({ log });
  const batches: string[][] = [];
  store.subscribe((changes) => void batches.push(changes.map(({ type, key }) => `${type} ${key}`)));
  const reflector = startReflector({
    ...{ client, type: widgetType, namespace: 'tenant', sink: store, log, signal: ending.signal },
    transform: ({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`,
    ...options,
  });
  context.after(async () => {
    ending.abort();
    await reflector.closed;
  });
  return { store, reflector, batches, stop: () => ending.abort() };
}

test('what is listed and what is watched is kept, and told of in the batches in which it came', async (context) => {
  const cluster = await startSmallCluster(context, {
    list: (response) => answerList(response, [makeWidget('a', '1'), makeWidget('b', '2')], '5'),
    watch(response) {
      response.write(buildEvent('ADDED', makeWidget('c', '6')) + buildEvent('MODIFIED', makeWidget('a', '7')));
      response.write(buildEvent('DELETED', makeWidget('b', '8')));
    },
  });
  let signs = 0;
  const { store, batches } = watch(context, cluster, { onSignOfLife: () => void signs++ });
  await store.synced;
  await until(() => store.get('tenant/b') === undefined);
  assert.deepEqual(batches.flat().slice(0, 2), ['Added tenant/a', 'Added tenant/b']);
  assert.deepEqual(batches.flat().slice(2), ['Added tenant/c', 'Changed tenant/a', 'Removed tenant/b']);
  assert.equal(store.get('tenant/a')?.value, 'uid-a 7');
  assert.ok(signs >= 2);
  const query = cluster.watches[0];
  assert.deepEqual([query?.get('resourceVersion'), query?.get('allowWatchBookmarks')], ['5', 'true']);
  const seconds = Number(query?.get('timeoutSeconds'));
  assert.ok(seconds >= 300 && seconds <= 600);
});

// The client library's informer stops for ever.
test('a watch that breaks off goes on from where it was', async (context) => {
  const cluster = await startSmallCluster(context, {
    list: (response) => answerList(response, [makeWidget('a', '1')], '5'),
    watch(response, number) {
      response.write(buildEvent('MODIFIED', makeWidget('a', `${6 + number}`)), () => number < 3 && response.destroy());
    },
  });
  const { store } = watch(context, cluster);
  await until(() => store.get('tenant/a')?.resourceVersion === '9');
  assert.deepEqual(
    cluster.watches.map((query) => query.get('resourceVersion')),
    ['5', '6', '7', '8'],
  );
  assert.equal(cluster.lists.length, 1);
});

test('a list that fails is tried again; so is a watch that cannot be opened, after another list', async (context) => {
  const cluster = await startSmallCluster(context, {
    list(response, number) {
      if (number === 0) answerJson(response, 500, buildStatus(500, 'InternalError'));
      else answerList(response, [makeWidget('a', `${number}`)], `1${number}`);
    },
    watch(response, number) {
      if (number === 0) answerJson(response, 500, buildStatus(500, 'InternalError'));
      else if (number === 1) response.destroy();
    },
  });
  watch(context, cluster);
  await until(() => cluster.watches.length === 3);
  assert.deepEqual(
    cluster.watches.map((query) => query.get('resourceVersion')),
    ['11', '12', '13'],
  );
});

test('after some watches that broke off and brought nothing, everything is listed again', async (context) => {
  const cluster = await startSmallCluster(context, {
    list: (response, number) => answerList(response, [makeWidget('a', `${number}`)], '5'),
    watch: (response) => void response.writeHead(200).write('garbage\n'),
  });
  const { store } = watch(context, cluster);
  await until(() => store.get('tenant/a')?.resourceVersion === '1');
  assert.ok(cluster.watches.length <= 5);
});

test('a watch that is refused again and again makes ever fewer lists', async (context) => {
  const cluster = await startSmallCluster(context, {
    list: (response) => answerList(response, [], '5'),
    watch: (response) => answerJson(response, 403, buildStatus(403, 'Forbidden')),
  });
  watch(context, cluster);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.ok(cluster.lists.length <= 6, `${cluster.lists.length} lists`);
});

test('a watch that is refused for now (429) waits as long as it is told, and goes on from where it was', async (context) => {
  const times: number[] = [];
  const cluster = await startSmallCluster(context, {
    list: (response) => answerList(response, [], '5'),
    watch(response, number) {
      times.push(performance.now());
      if (number === 0) answerJson(response, 429, buildStatus(429, 'TooManyRequests'), { 'retry-after': '1' });
    },
  });
  watch(context, cluster);
  await until(() => times.length === 2);
  const [first = 0, second = 0] = times;
  assert.ok(second - first >= 999);
  assert.equal(cluster.lists.length, 1);
});

// The client library waits 0, 1, 2, 4, 8, 16 s.
test('watches that end in good order leave no gaps', async (context) => {
  const gaps: number[] = [];
  let endedAt: number | undefined;
  const cluster = await startSmallCluster(context, {
    list: (response) => answerList(response, [], '5'),
    watch(response) {
      if (endedAt !== undefined) gaps.push(performance.now() - endedAt);
      response.writeHead(200).write('');
      setTimeout(() => {
        response.end();
        endedAt = performance.now();
      }, 600);
    },
  });
  watch(context, cluster);
  await until(() => gaps.length === 5);
  // Of any pause, the shortest would be 50 ms, and the fifth 800 ms. A busy machine makes some gaps, but not all.
  assert.ok(Math.min(...gaps) < 50 && (gaps[4] ?? 0) < 800, `gaps: ${gaps}`);
});

test('watches that end at once are no tight loop', async (context) => {
  const cluster = await startSmallCluster(context, {
    list: (response) => answerList(response, [], '5'),
    watch: (response) => void response.end(),
  });
  watch(context, cluster);
  await until(() => cluster.watches.length === 3);
  const before = cluster.watches.length;
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.ok(cluster.watches.length - before <= 4, `${cluster.watches.length} watches`);
});

// The client library tells of an update, with another UID.
test('what was deleted and made anew unseen is removed, then added; what is gone is removed', async (context) => {
  const cluster = await startSmallCluster(context, {
    list: (response, number) =>
      number === 0
        ? answerList(response, [makeWidget('a', '1'), makeWidget('b', '2'), makeWidget('c', '3')], '5')
        : answerList(response, [makeWidget('a', '8', 'other'), makeWidget('c', '3')], '9'),
    watch(response, number) {
      if (number === 0) answerJson(response, 410, buildStatus(410, 'Expired'));
    },
  });
  const { batches } = watch(context, cluster);
  await until(() => batches.length === 2);
  assert.deepEqual(batches[1], ['Removed tenant/b', 'Removed tenant/a', 'Added tenant/a']);
});

for (const [code, reason] of [
  [410, 'Expired'],
  [504, 'Timeout'],
] as const) {
  test(`an error ${code} in the stream of a watch makes it list again`, async (context) => {
    const cluster = await startSmallCluster(context, {
      list: (response, number) => answerList(response, [makeWidget('a', `${number}`)], '5'),
      watch(response, number) {
        if (number === 0) response.write(buildEvent('ERROR', buildStatus(code, reason)));
      },
    });
    const { store } = watch(context, cluster);
    await until(() => store.get('tenant/a')?.resourceVersion === '1');
  });
}

// The client library does not ask for bookmarks, and gives up after 30 s without events.
test('a bookmark moves the place from which the next watch begins, and keeps a watch alive', async (context) => {
  const openedAt: number[] = [];
  const cluster = await startSmallCluster(context, {
    list: (response) => answerList(response, [], '5'),
    watch(response, number) {
      openedAt.push(performance.now());
      if (number > 0) return;
      let version = 6;
      const timer = setInterval(() => response.write(buildBookmark(`${version++}`)), 50);
      setTimeout(() => {
        clearInterval(timer);
        response.end(buildBookmark('99'));
      }, 1_000);
    },
  });
  watch(context, cluster, { inactivityMs: 500 });
  await until(() => openedAt.length === 2);
  const [first = 0, second = 0] = openedAt;
  assert.ok(second - first >= 990);
  assert.equal(cluster.watches[1]?.get('resourceVersion'), '99');
});

test('a watch that has gone silent is given up for another one', async (context) => {
  const cluster = await startSmallCluster(context, {
    list: (response) => answerList(response, [makeWidget('a', '1')], '5'),
    watch(response, number) {
      if (number === 0) response.writeHead(200).write('');
      else response.write(buildEvent('DELETED', makeWidget('a', '6')));
    },
  });
  const { store } = watch(context, cluster, { inactivityMs: 200 });
  await store.synced;
  await until(() => store.size === 0);
  assert.equal(cluster.lists.length, 1);
});

for (const [what, line] of [
  ['is no JSON', 'garbage\n'],
  ['is no event', '{"type":"NOVELTY","object":{}}\n'],
  ['has no object in it', '{"type":"DELETED"}\n'],
  ['never ends', 'x'.repeat(5 * 2 ** 20)],
] as const) {
  test(`a line that ${what} is not skipped: the watch begins again ahead of it`, async (context) => {
    const cluster = await startSmallCluster(context, {
      list: (response) => answerList(response, [makeWidget('a', '1')], '5'),
      watch(response, number) {
        if (number === 0) response.write(buildEvent('MODIFIED', makeWidget('a', '6')) + line);
        else response.write(buildEvent('DELETED', makeWidget('a', '7')));
      },
    });
    const { store, batches } = watch(context, cluster);
    await store.synced;
    await until(() => store.size === 0);
    assert.equal(cluster.watches[1]?.get('resourceVersion'), '6');
    assert.deepEqual(batches.flat(), ['Added tenant/a', 'Changed tenant/a', 'Removed tenant/a']);
  });
}

// The client library tells of an error, and after a stop during the list opens a watch that nobody ends.
test('stopped during the list, it delivers nothing and opens no watch', async (context) => {
  const answers: (() => void)[] = [];
  const cluster = await startSmallCluster(context, {
    list: (response) => void answers.push(() => answerList(response, [makeWidget('a', '1')], '5')),
    watch: () => {},
  });
  const { reflector, stop, store } = watch(context, cluster);
  await until(() => answers.length === 1);
  stop();
  answers[0]?.();
  await reflector.closed;
  assert.deepEqual([store.size, store.isSynced, cluster.watches.length], [0, false, 0]);
});

test('stopped during a watch, it delivers nothing more, and has nothing to complain of', async (context) => {
  const cluster = await startSmallCluster(context, {
    list: (response) => answerList(response, [], '5'),
    watch: (response) => void response.write(buildEvent('ADDED', makeWidget('a', '6')).repeat(1_000)),
  });
  const lines: string[] = [];
  const { reflector, stop, store, batches } = watch(context, cluster, {
    log: pino({ write: (line: string) => void lines.push(line) }),
  });
  store.subscribe(stop);
  await reflector.closed;
  const { length } = batches;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual([batches.length, cluster.watches.length, lines], [length, 1, []]);
});

// With the client library, it ends the process.
test('a listener that throws is told of in the log, and all goes on', async (context) => {
  const cluster = await startSmallCluster(context, {
    list: (response) => answerList(response, [makeWidget('a', '1')], '5'),
    watch: (response) => void response.write(buildEvent('ADDED', makeWidget('b', '6'))),
  });
  const faults: unknown[] = [];
  const store = createStore<string>({ log: { error: (fields: object) => void faults.push(fields) } as typeof log });
  store.subscribe(() => {
    throw new Error('a listener failed');
  });
  watch(context, cluster, { sink: store });
  await until(() => store.size === 2);
  assert.equal(faults.length, 2);
});

test('what is known already is not made again by another list', async (context) => {
  let transformed = 0;
  const cluster = await startSmallCluster(context, {
    list: (response, number) => answerList(response, [makeWidget('a', '1'), makeWidget('b', `${number}`)], '5'),
    watch(response, number) {
      if (number === 0) answerJson(response, 410, buildStatus(410, 'Expired'));
    },
  });
  const { store } = watch(context, cluster, { transform: ({ metadata }) => `${metadata.name} ${++transformed}` });
  await until(() => store.get('tenant/b')?.resourceVersion === '1');
  assert.equal(transformed, 3);
});

test('a list that is doubted is asked for again, and the second answer holds', async (context) => {
  const answers = [['a', 'b', 'c'], ['a'], ['a', 'b', 'c'], ['a'], ['a']];
  const cluster = await startSmallCluster(context, {
    list: (response, number) =>
      answerList(
        response,
        (answers[number] ?? []).map((name) => makeWidget(name, '1')),
        '5',
      ),
    watch: (response, number) =>
      number < 2
        ? answerJson(response, 410, buildStatus(410, 'Expired', 'too old'))
        : response.write(buildBookmark('9')),
  });
  const { store, batches } = watch(context, cluster, { isDoubtful: (items) => items.length < store.size });
  await until(() => cluster.watches.length === 3);
  assert.equal(cluster.lists.length, 5);
  assert.deepEqual(batches, [
    ['Added tenant/a', 'Added tenant/b', 'Added tenant/c'],
    ['Removed tenant/b', 'Removed tenant/c'],
  ]);
});
