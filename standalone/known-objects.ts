import type { Resource } from '../core/api/resource.ts';
import { err, ok, type Result } from '../core/result.ts';
import { readManifests } from './manifests/read-manifests.ts';

/** The objects that a question is answered from. */
export type KnownObjects = {
  readonly resources: readonly Resource[];
  /** Where they are, for messages: `the cluster 192.0.2.1:6443`. */
  readonly place: string;
  /** Set if some objects were left out: why. */
  readonly problems?: string;
};

/** Reads a folder of manifests. The error says why it cannot be read. */
export async function readFolder(folder: string): Promise<Result<KnownObjects, string>> {
  const { isCurrent, problems, resources } = await readManifests(folder);
  if (!isCurrent) return err(`the manifests ${problems[0]?.file} ${problems[0]?.message}`);
  const why = `some manifests have problems, see: git-ingress check ${folder}`;
  return ok({ resources, place: folder, ...(problems.length > 0 && { problems: why }) });
}
