import type { ObjectKey } from '../../core/api/object-key.ts';
import type { Progress } from './assertions.ts';

/** An object whose entry is on its way to the gateways, as it was when somebody looked last. */
export type OnItsWay = {
  /** The revision that all gateways must have loaded; undefined: it is not written yet. */
  readonly needed: number | undefined;
  readonly progress: Progress['kind'];
};

/** What can be said of the way at this moment. */
type Way = {
  /** As `OnItsWay` has it. */
  readonly neededBy: (object: ObjectKey) => number | undefined;
  /** What all living gateways have loaded; undefined: none is alive. */
  readonly loaded: number | undefined;
};

/** Objects whose entries are on their way. */
export type Settling = {
  /** Gives since when it has been, in milliseconds of the steady clock. */
  look(object: ObjectKey, onItsWay: OnItsWay): number;
  delete(object: ObjectKey): void;
  /**
   * Those that have come further. While a gateway stands still there are ever more of them, and gateways report all the
   * time: to look at all of these each time would leave no look for any other object.
   */
  moved(way: Way): Iterable<ObjectKey>;
};

export function createSettling(): Settling {
  const objects = new Map<ObjectKey, OnItsWay & { readonly since: number }>();

  return {
    look(object, onItsWay) {
      const since = objects.get(object)?.since ?? performance.now();
      objects.set(object, { ...onItsWay, since });
      return since;
    },
    delete: (object) => void objects.delete(object),
    *moved({ neededBy, loaded }) {
      for (const [object, { needed, progress }] of objects) {
        const hasMoved =
          needed === undefined
            ? neededBy(object) !== undefined
            : (loaded === undefined) !== (progress === 'NoGateways') || (loaded !== undefined && loaded >= needed);
        if (hasMoved) yield object;
      }
    },
  };
}
