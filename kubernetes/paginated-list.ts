import type { ApiClient, Page, Selection } from './api-client.ts';
import { ConnectionFault, isGone } from './api-error.ts';
import type { StoredObject } from './kubernetes-object.ts';
import type { ResourceType } from './resource-type.ts';

export type ListOptions = Selection & {
  readonly signal: AbortSignal;
  /** Objects in a page; fewer when they turn out to be large. */
  readonly limit?: number;
  /** Told of each page that has arrived. */
  readonly onPage?: () => void;
};

export type Listed<Item> = { readonly items: readonly Item[]; readonly resourceVersion: string };

const defaultLimit = 500;
const pageDeadlineMs = 30_000;
const maxRestarts = 3;

/**
 * All objects of a kind as they were at one moment, each turned into what `keep` makes of it: no more than one page is
 * ever held as it came. Starts over when the server has forgotten that moment meanwhile (410: etcd was compacted).
 * Rejects as `ApiClient.listPage`, and with what `keep` throws.
 */
export async function listAll<Item>(
  client: ApiClient,
  type: ResourceType,
  keep: (object: StoredObject) => Item,
  { signal, limit = defaultLimit, onPage, ...selection }: ListOptions,
): Promise<Listed<Item>> {
  let items: Item[] = [];
  let pageSize = limit;
  let continueToken: string | undefined;
  for (let restarts = 0; ; ) {
    let page: Page;
    try {
      page = await client.listPage(
        type,
        { ...selection, limit: pageSize, ...(continueToken !== undefined && { continueToken }) },
        { signal, deadlineMs: pageDeadlineMs },
      );
    } catch (error) {
      if (isGone(error) && continueToken !== undefined && restarts < maxRestarts) {
        restarts += 1;
        items = [];
        continueToken = undefined;
        continue;
      }
      // Somebody made huge objects: they are read a few at a time, and nobody else's suffer.
      if (!(error instanceof ConnectionFault && error.code === 'TooLarge') || pageSize === 1) throw error;
      pageSize = Math.max(1, Math.floor(pageSize / 8));
      continue;
    }
    // The signal may have been aborted while the answer was parsed.
    signal.throwIfAborted();
    for (const object of page.items) items.push(keep(object));
    onPage?.();
    if (page.continueToken === undefined) return { items, resourceVersion: page.resourceVersion };
    continueToken = page.continueToken;
    pageSize = Math.min(limit, pageSize * 2);
  }
}
