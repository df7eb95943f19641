const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

const scale = (text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number | undefined => {
  const [, digits, unit = ''] = pattern.exec(text) ?? [];
  const factor = units[unit];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
};

/** Parses `500ms`, `30s`, `10m`, `12h`, `2d` or `0` into milliseconds. */
export const parseDuration = (text: string): number | undefined =>
  text === '0' ? 0 : scale(text, /^(\d{1,9})(ms|s|m|h|d)$/, durationUnits);

/** Parses `1GiB`, `512MiB`, `64KiB`, `100B` or a plain number into bytes. */
export const parseSize = (text: string): number | undefined =>
  scale(text, /^(\d{1,15})(B|KiB|MiB|GiB|TiB)?$/, sizeUnits);
