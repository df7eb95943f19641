import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import * as z from 'zod';
import { explainSystemError, StartupError } from '../runtime/startup-error.ts';

const text = z.string().nullish();

const clusterFields = z.object({
  server: z.url({ protocol: /^https?$/ }),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().nullish(),
  'tls-server-name': text,
  'proxy-url': z
    .url({ protocol: /^https?$/, error: 'of proxies, only http:// and https:// ones are supported' })
    .nullish(),
});

const refused = z.undefined({ error: 'is not supported here' }).optional();

const userFields = z.object({
  ...{ token: text, tokenFile: text, username: text, password: text, as: text },
  ...{ 'client-certificate': text, 'client-certificate-data': text, 'client-key': text, 'client-key-data': text },
  ...{ exec: z.unknown().optional(), 'auth-provider': z.unknown().optional() },
  // Left out, they would make us somebody with more rights.
  ...{ 'as-groups': refused, 'as-uid': refused, 'as-user-extra': refused },
});

const contextFields = z.object({ cluster: z.string(), user: text, namespace: text });

const schema = z.object({
  clusters: z.array(z.object({ name: z.string(), cluster: z.unknown() })).nullish(),
  users: z.array(z.object({ name: z.string(), user: z.unknown() })).nullish(),
  contexts: z.array(z.object({ name: z.string(), context: z.unknown() })).nullish(),
  'current-context': text,
});

/** One context of a kubeconfig file, with what it names. */
export type KubeContext = {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly cluster: z.output<typeof clusterFields>;
  readonly user: z.output<typeof userFields>;
};

/** Reads one context of a kubeconfig file, the current one unless told. Throws a `StartupError` that says what is wrong. */
export function readKubeContext(path: string, wanted: string | undefined): KubeContext {
  const parse = <Value>(part: z.ZodType<Value>, value: unknown, what: string): Value => {
    const parsed = part.safeParse(value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw notUsable(path, `${[what, ...(issue?.path ?? [])].join('.')}: ${issue?.message}`);
  };
  const config = parse(schema, readYaml(path), 'the file');
  const name = wanted ?? config['current-context'] ?? '';
  const found = config.contexts?.find((context) => context.name === name);
  if (found === undefined) throw notUsable(path, `it has no context "${name}"`);
  const context = parse(contextFields, found.context, `context "${name}"`);
  const cluster = config.clusters?.find((each) => each.name === context.cluster);
  if (cluster === undefined) throw notUsable(path, `it has no cluster "${context.cluster}"`);
  const user = context.user ? config.users?.find((each) => each.name === context.user) : { user: {} };
  if (user === undefined) throw notUsable(path, `it has no user "${context.user}"`);
  return {
    name,
    namespace: context.namespace ?? undefined,
    cluster: parse(clusterFields, cluster.cluster, `cluster "${context.cluster}"`),
    user: parse(userFields, user.user ?? {}, `user "${context.user}"`),
  };
}

function readYaml(path: string): unknown {
  try {
    return load(readFileSync(path, 'utf8'));
  } catch (error) {
    throw notUsable(path, explainSystemError(error), error);
  }
}

export const notUsable = (path: string, why: string, cause?: unknown): StartupError =>
  new StartupError('CLUSTER_NOT_USABLE', `cannot use the kubeconfig ${path}: ${why}`, { cause });
