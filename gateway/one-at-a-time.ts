/** Runs tasks one after the other. Undefined: as many wait already as may. A task that rejects holds up no other. */
export type OneAtATime = <Result>(task: () => Promise<Result>) => Promise<Result> | undefined;

export function createOneAtATime(maxWaiting: number): OneAtATime {
  let last: Promise<unknown> = Promise.resolve();
  let present = 0;
  return (task) => {
    if (present > maxWaiting) return undefined;
    present += 1;
    const result = last.then(task).finally(() => {
      present -= 1;
    });
    last = result.catch(() => {});
    return result;
  };
}
