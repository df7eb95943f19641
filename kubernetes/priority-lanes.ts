import { createFifo, type Fifo } from './fifo.ts';

/** Keys that wait: those of a higher priority first; within one, the tenants in turn, and each one's in their order. */
export type PriorityLanes = {
  readonly size: number;
  has(key: string): boolean;
  /** A key that waits already keeps its place, unless the new priority is higher. False: it did wait already. */
  add(key: string, priority: number): boolean;
  take(): { readonly key: string; readonly priority: number } | undefined;
};

type Lane = {
  readonly priority: number;
  /** Tenants of whom keys wait. */
  readonly turns: Fifo<string>;
  /** Of each tenant. */
  readonly keys: Map<string, Fifo<string>>;
  /** Of all keys, with those that were left. */
  places: number;
};

/** So many places that were left, beyond as many as there are keys, a lane may hold. */
const maxLeftPlaces = 1_024;

/** Takes and adds in constant time, whatever waits. `tenantOf` a key; unless told, all are of one. */
export function createPriorityLanes(tenantOf: (key: string) => string = () => ''): PriorityLanes {
  /** The highest priority first. There are as many as callers use constants. */
  const lanes: Lane[] = [];
  const priorities = new Map<string, number>();

  function laneOf(priority: number): Lane {
    const at = lanes.findIndex((lane) => lane.priority <= priority);
    const found = lanes[at];
    if (found?.priority === priority) return found;
    const lane: Lane = { priority, turns: createFifo(), keys: new Map(), places: 0 };
    lanes.splice(at < 0 ? lanes.length : at, 0, lane);
    return lane;
  }

  function push(lane: Lane, key: string): void {
    const tenant = tenantOf(key);
    const keys = lane.keys.get(tenant);
    lane.places += 1;
    if (keys !== undefined) {
      keys.push(key);
      return;
    }
    lane.keys.set(tenant, createFifo([key]));
    lane.turns.push(tenant);
  }

  function shift(lane: Lane): string | undefined {
    const tenant = lane.turns.shift();
    if (tenant === undefined) return undefined;
    const keys = lane.keys.get(tenant);
    const key = keys?.shift();
    lane.places -= 1;
    if (keys === undefined || keys.size === 0) lane.keys.delete(tenant);
    else lane.turns.push(tenant);
    return key;
  }

  /** Drops the places that were left: by keys that were taken, or raised to another lane. */
  function compact(lane: Lane): void {
    const waiting = new Set<string>();
    for (let key = shift(lane); key !== undefined; key = shift(lane))
      if (priorities.get(key) === lane.priority) waiting.add(key);
    for (const key of waiting) push(lane, key);
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
      push(lane, key);
      if (lane.places > 2 * priorities.size + maxLeftPlaces) compact(lane);
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
