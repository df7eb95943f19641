import type { ApiClient } from '../../kubernetes/api-client.ts';
import type { StoredObject } from '../../kubernetes/kubernetes-object.ts';
import type { ResourceType } from '../../kubernetes/resource-type.ts';
import { until } from './wait.ts';

/** A kind of the tests' own, which means nothing. */
export const widgetType: ResourceType = {
  ...{ group: 'example.dev', version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true },
};

const crdType: ResourceType = {
  ...{ group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions', namespaced: false },
  kind: 'CustomResourceDefinition',
};

const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: { size: { type: 'integer', maximum: 1_000_000 }, colour: { type: 'string', maxLength: 2_000_000 } },
    },
    status: { type: 'object', properties: { ready: { type: 'boolean' } } },
  },
};

const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' };

const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } };

/** Makes the kind known to an API server, and waits until it serves it. */
export async function serveWidgets(client: ApiClient): Promise<void> {
  const crd = {
    metadata: { name: 'widgets.example.dev' },
    spec: {
      group: 'example.dev',
      scope: 'Namespaced',
      names,
      versions: [{ ...version, subresources: { status: {} } }],
    },
  };
  await client.apply(crdType, crd, { fieldManager: 'test', force: true });
  await until('the kind is served', () =>
    client.listPage(widgetType, { limit: 1 }).then(
      () => true,
      () => false,
    ),
  );
}

export const createWidget = (client: ApiClient, namespace: string, name: string, size = 1): Promise<StoredObject> =>
  client.create(widgetType, { metadata: { namespace, name }, spec: { size } }, { fieldManager: 'test' });
