/** First in, first out, in constant time however many there are. */
export type Fifo<Value> = {
  readonly size: number;
  push(value: Value): void;
  shift(): Value | undefined;
};

/** So many places that were left may stay at the front. */
const maxLeftPlaces = 1_024;

export function createFifo<Value>(values: readonly Value[] = []): Fifo<Value> {
  let places: Value[] = [...values];
  let head = 0;
  return {
    get size() {
      return places.length - head;
    },
    push: (value) => void places.push(value),
    shift() {
      if (head === places.length) return undefined;
      const value = places[head];
      head += 1;
      if (head > maxLeftPlaces && head > places.length / 2) {
        places = places.slice(head);
        head = 0;
      }
      return value;
    },
  };
}
