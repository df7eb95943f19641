import type { ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { type ApiClient, createApiClient } from '../api-client.ts';
import { connectCluster } from '../connection.ts';
import type { StoredObject } from '../kubernetes-object.ts';
import type { ResourceType } from '../resource-type.ts';
import { createRestClient } from '../rest-client.ts';
import { answerJson, type OddServer, startOddServer } from './odd-server.ts';

export const widgetType: ResourceType = {
  ...{ group: 'example.dev', version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true },
};

export function makeWidget(name: string, resourceVersion: string, uid = `uid-${name}`): StoredObject {
  const metadata = { namespace: 'tenant', name, uid, resourceVersion };
  return { apiVersion: 'example.dev/v1', kind: 'Widget', metadata, spec: { size: 1 } };
}

export const buildList = (items: readonly StoredObject[], resourceVersion: string, continueToken = ''): object => ({
  ...{ apiVersion: 'example.dev/v1', kind: 'WidgetList', items },
  metadata: { resourceVersion, continue: continueToken },
});

export const buildEvent = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;

export const buildBookmark = (resourceVersion: string): string =>
  buildEvent('BOOKMARK', { kind: 'Widget', metadata: { resourceVersion } });

export type SmallCluster = {
  readonly server: OddServer;
  readonly client: ApiClient;
  /** The queries of all watches so far. */
  readonly watches: readonly URLSearchParams[];
  readonly lists: readonly URLSearchParams[];
};

type Script = {
  /** Answers the list with this number, from 0. */
  readonly list: (response: ServerResponse, number: number, query: URLSearchParams) => void;
  readonly watch: (response: ServerResponse, number: number, query: URLSearchParams) => void;
};

/** An API server of one kind, which answers by a script. */
export async function startSmallCluster(context: TestContext, script: Script): Promise<SmallCluster> {
  const watches: URLSearchParams[] = [];
  const lists: URLSearchParams[] = [];
  const server = await startOddServer(context, (request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'https://server');
    if (searchParams.get('watch') === 'true') {
      watches.push(searchParams);
      script.watch(response, watches.length - 1, searchParams);
    } else {
      lists.push(searchParams);
      script.list(response, lists.length - 1, searchParams);
    }
  });
  const connection = connectCluster({ kubeconfig: server.kubeconfig });
  context.after(() => connection.destroy());
  return { server, client: createApiClient(createRestClient(connection)), watches, lists };
}

export const answerList = (response: ServerResponse, items: readonly StoredObject[], resourceVersion: string): void =>
  answerJson(response, 200, buildList(items, resourceVersion));
