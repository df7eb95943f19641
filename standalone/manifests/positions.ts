import { EVENT_ID, type Event, getScalarValue, parseEvents, type ScalarEvent } from 'js-yaml';
import { countLines } from './split-documents.ts';

type Path = readonly (string | number)[];

/** Where nodes lie in a text, by path. */
type Node = { readonly offset: number; readonly children: ReadonlyMap<string, Node> };

/**
 * Finds the lines of fields in the text of a document that was parsed without error. Costs as much as parsing it again,
 * so it is made only for documents that have something wrong with them.
 */
export function createLineFinder(text: string): (path: Path) => number {
  const root = buildTree(text);
  return (path) => {
    let node = root;
    for (const key of path) {
      const child = node.children.get(String(key));
      // A field that is missing is shown at what it is missing from.
      if (child === undefined) break;
      node = child;
    }
    return countLines(text, 0, node.offset);
  };
}

/** A mapping's child lies where its key does, a sequence's where the item does. */
function buildTree(text: string): Node {
  const events = parseEvents(text, {});
  let next = 0;
  const build = (at?: number): Node => {
    const event = events[next++];
    const offset = at ?? offsetOf(event);
    const children = new Map<string, Node>();
    if (event?.type === EVENT_ID.MAPPING) {
      while (next < events.length && events[next]?.type !== EVENT_ID.POP) {
        const key = events[next];
        const keyOffset = build().offset;
        children.set(key?.type === EVENT_ID.SCALAR ? keyOf(text, key) : '', build(keyOffset));
      }
      next++;
    } else if (event?.type === EVENT_ID.SEQUENCE) {
      for (let index = 0; next < events.length && events[next]?.type !== EVENT_ID.POP; index++) {
        children.set(String(index), build());
      }
      next++;
    }
    return { offset, children };
  };
  while (next < events.length && events[next]?.type === EVENT_ID.DOCUMENT) next++;
  return build();
}

const keyOf = (text: string, key: ScalarEvent): string => getScalarValue(text, key);

function offsetOf(event: Event | undefined): number {
  if (event === undefined) return 0;
  if ('valueStart' in event && event.valueStart >= 0) return event.valueStart;
  if ('start' in event) return event.start;
  return 'anchorStart' in event && event.anchorStart >= 0 ? event.anchorStart : 0;
}
