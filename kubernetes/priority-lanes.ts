/** Keys that wait: those of a higher priority first, and in the order of their coming within one. */
export type PriorityLanes = {
  readonly size: number;
  has(key: string): boolean;
  /** A key that waits already keeps its place, unless the new priority is higher. False: it did wait already. */
  add(key: string, priority: number): boolean;
  take(): { readonly key: string; readonly priority: number } | undefined;
};

type Lane = { readonly priority: number; keys: string[]; head: number };

/** So many places that were left, beyond as many as there are keys, a lane may hold. */
const maxLeftPlaces = 1_024;

/** Takes and adds in constant time, whatever waits: a Set would look through all places that were left. */
export function createPriorityLanes(): PriorityLanes {
  /** The highest priority first. There are as many as callers use constants. */
  const lanes: Lane[] = [];
  const priorities = new Map<string, number>();

  function laneOf(priority: number): Lane {
    const at = lanes.findIndex((lane) => lane.priority <= priority);
    const found = lanes[at];
    if (found?.priority === priority) return found;
    const lane: Lane = { priority, keys: [], head: 0 };
    lanes.splice(at < 0 ? lanes.length : at, 0, lane);
    return lane;
  }

  function shift(lane: Lane): string | undefined {
    const key = lane.keys[lane.head];
    if (key === undefined) return undefined;
    lane.head += 1;
    return key;
  }

  /** Drops the places that were left: by keys that were taken, or raised to another lane. */
  function compact(lane: Lane): void {
    const waiting = lane.keys.slice(lane.head).filter((key) => priorities.get(key) === lane.priority);
    lane.keys = [...new Set(waiting)];
    lane.head = 0;
  }

  return {
    get size() {
      return priorities.size;
    },
    has: (key) => priorities.has(key),
    add(key, priority) {
      const before = priorities.get(key);
      if (before !== undefined && before >= priority) return false;
      priorities.set(key, priority);
      const lane = laneOf(priority);
      lane.keys.push(key);
      if (lane.keys.length > 2 * priorities.size + maxLeftPlaces) compact(lane);
      return before === undefined;
    },
    take() {
      for (const lane of lanes) {
        for (let key = shift(lane); key !== undefined; key = shift(lane)) {
          // Otherwise it has been raised to a higher lane, and this place was left behind.
          if (priorities.get(key) !== lane.priority) continue;
          priorities.delete(key);
          return { key, priority: lane.priority };
        }
      }
      return undefined;
    },
  };
}
