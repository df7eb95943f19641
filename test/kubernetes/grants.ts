import type { Requester } from '../harness/requester.ts';

type Resource = { readonly name: string; readonly namespaced: boolean; readonly verbs: readonly string[] };
type Rule = {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
};

/** `VERB GROUP/RESOURCE in NAMESPACE`: everything that somebody was not kept from, of all that the API server serves. */
export async function tryEverything(ask: Requester, namespaces: readonly string[]): Promise<ReadonlySet<string>> {
  const attempts = (await discover(ask)).flatMap(({ base, resource }) =>
    placesOf(resource, namespaces).flatMap((place) =>
      resource.verbs.flatMap((verb) => {
        const attempt = attemptOf(verb, base, place, resource);
        const name = `${verb} ${base.replace(/^\/apis?\//, '')}/${resource.name} in ${place || 'the cluster'}`;
        return attempt === undefined ? [] : [{ name, ...attempt }];
      }),
    ),
  );
  const answers = await Promise.all(
    attempts.map(async ({ name, method, path }) => {
      const type = contentTypes[method];
      const { status, body } = await ask(method, path, type === undefined ? undefined : { type, body: {} });
      if (status === 401 || status >= 500) throw new Error(`${name}: ${status} ${body}`);
      return { name, status };
    }),
  );
  return new Set(answers.filter(({ status }) => status !== 403).map(({ name }) => name));
}

/** Of methods that have a body. */
const contentTypes: Readonly<Record<string, string>> = {
  POST: 'application/json',
  PUT: 'application/json',
  PATCH: 'application/merge-patch+json',
};

async function discover(ask: Requester) {
  const get = async (path: string) => JSON.parse((await ask('GET', path)).body);
  const groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[] = (await get('/apis'))
    .groups;
  const bases = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const found = bases.map(async (base) => {
    const { resources }: { readonly resources: readonly Resource[] } = await get(base);
    return resources.map((resource) => ({ base, resource }));
  });
  return (await Promise.all(found)).flat();
}

/** Where a resource is tried; '' is the whole cluster. */
const placesOf = ({ namespaced }: Resource, namespaces: readonly string[]): readonly string[] =>
  namespaced ? ['', ...namespaces] : [''];

/** Bodies are empty and the name is nobody's: what is allowed does no harm either. */
function attemptOf(verb: string, base: string, namespace: string, { name, namespaced }: Resource) {
  const [plural, ...subresource] = name.split('/');
  const collection = `${base}${namespace === '' ? '' : `/namespaces/${namespace}`}/${plural}`;
  const object = [collection, 'no-such-object', ...subresource].join('/');
  // What is in namespaces has no single objects outside of them.
  const ofCollection = namespaced && namespace === '' ? /^(list|watch)$/ : /./;
  if (!ofCollection.test(verb)) return undefined;
  switch (verb) {
    case 'list':
      return { method: 'GET', path: collection };
    case 'watch':
      return { method: 'GET', path: `${collection}?watch=true` };
    case 'get':
      return { method: 'GET', path: object };
    case 'create':
      return { method: 'POST', path: subresource.length > 0 ? object : collection };
    case 'update':
      return { method: 'PUT', path: object };
    case 'patch':
      return { method: 'PATCH', path: object };
    case 'delete':
      return { method: 'DELETE', path: object };
    case 'deletecollection':
      return { method: 'DELETE', path: collection };
    default:
      throw new Error(`a verb of discovery that this does not know: ${verb}`);
  }
}

/** `VERB GROUP/RESOURCE`, with `NAME` where a rule has one: everything that RBAC grants in a namespace, on paper. */
export async function grantsIn(ask: Requester, namespace: string): Promise<ReadonlySet<string>> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
  const { status } = JSON.parse((await ask('POST', path, { body: review })).body);
  if (status.incomplete) throw new Error(`the API server does not know all rules: ${status.evaluationError}`);
  return new Set((status.resourceRules as readonly Rule[]).flatMap(grantsOf));
}

export const grantsOf = ({ verbs, apiGroups, resources, resourceNames = [''] }: Rule): readonly string[] =>
  verbs.flatMap((verb) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.map((name) => `${verb} ${group === '' ? 'core' : group}/${resource} ${name}`.trimEnd()),
      ),
    ),
  );
