import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAll } from './paginated-list.ts';
import { answerJson, buildStatus } from './testing/odd-server.ts';
import { buildList, makeWidget, startSmallCluster, widgetType } from './testing/small-cluster.ts';

const { signal } = new AbortController();
const nameOf = (object: { metadata: { name: string } }): string => object.metadata.name;

test('pages follow each other, and each object is kept as it is wanted', async (context) => {
  const { client, lists } = await startSmallCluster(context, {
    list: (response, number) =>
      answerJson(response, 200, buildList([makeWidget(`w${number}`, '1')], '7', number < 2 ? `token ${number}` : '')),
    watch: () => {},
  });
  let pages = 0;
  const onPage = (): void => void pages++;
  const listed = await listAll(client, widgetType, nameOf, { signal, limit: 1, namespace: 'tenant', onPage });
  assert.deepEqual(listed, { items: ['w0', 'w1', 'w2'], resourceVersion: '7' });
  assert.equal(pages, 3);
  assert.deepEqual(
    lists.map((query) => [query.get('limit'), query.get('continue')]),
    [
      ['1', null],
      ['1', 'token 0'],
      ['1', 'token 1'],
    ],
  );
  // Without one, the answer is consistent.
  assert.equal(lists[0]?.has('resourceVersion'), false);
});

test('a list whose moment was forgotten starts over, with nothing of the first attempt', async (context) => {
  const { client } = await startSmallCluster(context, {
    list(response, number, query) {
      if (number === 1) answerJson(response, 410, buildStatus(410, 'Expired'));
      else if (query.has('continue')) answerJson(response, 200, buildList([makeWidget('c', '9')], '9'));
      else answerJson(response, 200, buildList([makeWidget(number === 0 ? 'a' : 'b', '9')], '9', 'token'));
    },
    watch: () => {},
  });
  assert.deepEqual((await listAll(client, widgetType, nameOf, { signal })).items, ['b', 'c']);
});

test('a list that is forgotten again and again is an error in the end', async (context) => {
  const { client, lists } = await startSmallCluster(context, {
    list(response, _number, query) {
      if (query.has('continue')) answerJson(response, 410, buildStatus(410, 'Expired'));
      else answerJson(response, 200, buildList([], '9', 'token'));
    },
    watch: () => {},
  });
  await assert.rejects(listAll(client, widgetType, nameOf, { signal }), { status: 410 });
  assert.equal(lists.length, 8);
});

test('a page that is too large is asked for in smaller ones', async (context) => {
  const filler = ' '.repeat(17 * 2 ** 20);
  const { client, lists } = await startSmallCluster(context, {
    list(response, _number, query) {
      if (Number(query.get('limit')) > 10) response.end(filler);
      else answerJson(response, 200, buildList([makeWidget('a', '9')], '9'));
    },
    watch: () => {},
  });
  assert.deepEqual((await listAll(client, widgetType, nameOf, { signal })).items, ['a']);
  assert.deepEqual(
    lists.map((query) => query.get('limit')),
    ['500', '62', '7'],
  );
});
