import { EVENT_ID, type Event, getScalarValue, type ScalarEvent } from 'js-yaml';

type Path = readonly (string | number)[];

/** Where nodes lie in a text, by path. */
type Node = { readonly offset: number; readonly children: ReadonlyMap<string, Node> };

/** Finds the lines, from 0, of fields in the text of a document that was parsed, without error, into these events. */
export function createLineFinder(text: string, events: readonly Event[]): (path: Path) => number {
  const root = buildTree(text, events);
  const lineAt = createLineCounter(text);
  return (path) => {
    let node = root;
    for (const key of path) {
      const child = node.children.get(String(key));
      // A field that is missing is shown at what it is missing from.
      if (child === undefined) break;
      node = child;
    }
    return lineAt(node.offset);
  };
}

/** The line, from 0, of an offset. Counting from the top each time would cost a list the square of its length. */
function createLineCounter(text: string): (offset: number) => number {
  const breaks: number[] = [];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) breaks.push(at);
  return (offset) => {
    let low = 0;
    let high = breaks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((breaks[middle] ?? Infinity) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** A mapping's child lies where its key does, a sequence's where the item does. */
function buildTree(text: string, events: readonly Event[]): Node {
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
