import type { ApiClient, NewObject } from './api-client.ts';
import type { StoredObject } from './kubernetes-object.ts';
import type { ResourceType } from './resource-type.ts';
import type { CallOptions } from './rest-client.ts';

/**
 * Makes an object as it is given here, in all fields that it has here; fields that it had in our last apply and has no
 * longer are removed, and those of others stay. Given twice, nothing is written the second time.
 */
export type Apply = (type: ResourceType, object: NewObject, options?: CallOptions) => Promise<StoredObject>;

/**
 * Server-side apply under one field manager. Conflicts are taken by force, as the API's conventions tell controllers to:
 * a field that somebody edited by hand becomes what it should be. Status is not written this way: a merge patch costs the
 * API server half as much.
 */
export const createApply =
  (client: ApiClient, fieldManager: string): Apply =>
  (type, object, options) =>
    client.apply(type, object, { ...options, fieldManager, force: true });
