/** What the sections of the cluster are measured with. Other sizes are for whoever works on a section: KEYS=5000. */
const usualKeys = 100_000;

const chooseKeys = (given: string | undefined): number => {
  if (given === undefined || given === '') return usualKeys;
  if (!/^[1-9]\d{2,5}$/.test(given)) throw new Error(`KEYS=${given}: must be a number from 100 to 999999`);
  return Number(given);
};

/** How many SSHKeys there are. */
export const manyKeys = chooseKeys(process.env.KEYS);
/** Figures of another size have no place in the page. */
export const isUsualSize = manyKeys === usualKeys;
export const keysPerUser = 10;

export const counted = (count: number): string => count.toLocaleString('en');
