import type { ApiClient, NewObject } from '../../kubernetes/api-client.ts';
import { resourceTypes } from '../../operator/resource-types.ts';
import { type Key, makeKey } from '../../test/harness/client.ts';
import { inParallel } from '../../test/harness/in-parallel.ts';
import { publicKeyOf } from '../../test/harness/random-key.ts';
import { formatMilliseconds } from '../figure.ts';
import type { SectionContext } from '../section.ts';
import { type Cluster, installRelease, peopleNamespace, type Release, startCluster } from './cluster.ts';
import { counted, keysPerUser, manyKeys } from './size.ts';

/** A release on an API server that holds many GitUsers and SSHKeys. */
export type LoadedCluster = Release & {
  readonly cluster: Cluster;
  /** Users and keys together. */
  readonly objects: number;
  /** Those of the keys, from the first to the last, of which we have the private halves. */
  readonly ownKeys: readonly Key[];
};

/** More at once make the API server slower. */
export const writersAtOnce = 48;
const fieldManager = 'bench';
const ownKeyCount = 5;

let loaded: Promise<LoadedCluster> | undefined;

/** The one loaded cluster of this run, which takes minutes to make. Whether an operator has been at work on it depends. */
export const loadedCluster = (context: SectionContext): Promise<LoadedCluster> => {
  loaded ??= load(context);
  return loaded;
};

const load = async ({ run, note }: SectionContext): Promise<LoadedCluster> => {
  const cluster = await startCluster(run);
  const { client, server } = cluster;
  const release = await installRelease(cluster, 'git-ingress');
  const ownKeys: Key[] = [];
  for (let at = 0; at < ownKeyCount; at++) ownKeys.push(await makeKey(server.home, `own-${at}`));

  const start = performance.now();
  const users = Array.from({ length: Math.ceil(manyKeys / keysPerUser) }, (_, user) => `user-${user}`);
  await inParallel(users, writersAtOnce, (name) =>
    client.create(resourceTypes.GitUser, buildUser(name), { fieldManager }),
  );
  const publicKeys = Array.from({ length: manyKeys }, (_, at) => publicKeyOf(`key-${at}`));
  // The first, the last, and some between them.
  for (const [at, { publicKey }] of ownKeys.entries()) {
    publicKeys[Math.floor((at * (manyKeys - 1)) / (ownKeyCount - 1))] = publicKey;
  }
  await inParallel(publicKeys.entries(), writersAtOnce, ([at, publicKey]) =>
    createKey(client, `key-${at}`, publicKey, userOfKey(at)),
  );
  const took = formatMilliseconds(performance.now() - start);
  note(`${counted(manyKeys)} SSHKeys of ${counted(users.length)} GitUsers were created in ${took}`);
  return { ...release, cluster, objects: users.length + manyKeys, ownKeys };
};

export const userOfKey = (at: number): string => `user-${Math.floor(at / keysPerUser)}`;

export const buildUser = (name: string): NewObject => ({ metadata: { namespace: peopleNamespace, name }, spec: {} });

/** Resolves with the API server's answer. */
export const createKey = async (client: ApiClient, name: string, publicKey: string, user: string): Promise<void> => {
  const spec = { publicKey, userRef: { name: user } };
  await client.create(resourceTypes.SSHKey, { metadata: { namespace: peopleNamespace, name }, spec }, { fieldManager });
};
