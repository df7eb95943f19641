import { resolve } from 'node:path';
import * as z from 'zod';
import { isSourceRange } from '../../core/access/source-range.ts';
import { parseLinkAddress, parseTcpAddress } from './address.ts';
import { parseDuration, parseSize } from './quantity.ts';

/** The type of an option's value: how it is written, and how the text becomes a value. */
export type Kind<Value> = {
  /** Stands for the value in help texts. */
  readonly placeholder: string;
  /** A list may be given more than once as a flag, or with commas, or as a list in a file. */
  readonly list: boolean;
  readonly schema: z.ZodType<Value, unknown>;
};

/**
 * Flags and variables are text, a file has numbers and booleans too: all are read as the text they were written as, so
 * that a value means the same wherever it stands.
 */
const kind = <Value>(
  placeholder: string,
  expected: string,
  parse: (text: string) => Value | undefined,
): Kind<Value> => {
  const message = `expected ${expected}`;
  const schema = z.union([z.string(), z.number(), z.boolean()], { error: message }).transform((raw, context) => {
    const value = parse(String(raw));
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
  return { placeholder, list: false, schema };
};

const within = (value: number | undefined, min: number, max: number): number | undefined =>
  value !== undefined && value >= min && value <= max ? value : undefined;

export const tcpAddress = kind('HOST:PORT', 'HOST:PORT such as 127.0.0.1:2222 or [::1]:2222', parseTcpAddress);

/** `off` is undefined. */
export const tcpAddressOrOff: Kind<ReturnType<typeof parseTcpAddress>> = {
  placeholder: 'HOST:PORT|off',
  list: false,
  schema: z.union([z.literal('off').transform(() => undefined), tcpAddress.schema], {
    error: 'expected off, or HOST:PORT such as 127.0.0.1:9222 or [::1]:9222',
  }),
};

export const linkAddress = kind(
  'unix:PATH|HOST:PORT',
  'unix:PATH, or HOST:PORT such as 127.0.0.1:9418 or [::1]:9418',
  parseLinkAddress,
);

/** A file or folder; relative to the working directory, absolute in the result. */
export const path = (placeholder: 'DIR' | 'FILE') =>
  kind(placeholder, `the path of a ${placeholder === 'DIR' ? 'folder' : 'file'}`, (text) =>
    text === '' || text.includes('\0') ? undefined : resolve(text),
  );

/** Milliseconds. Timers of Node hold no more than 24 days. With `off`, 0 is allowed. */
export const duration = ({ min, max = '24d', off = false }: { min: string; max?: string; off?: boolean }) =>
  kind(
    'DURATION',
    `a duration such as 500ms, 30s, 10m or 12h, from ${min} to ${max}${off ? ', or 0 to switch it off' : ''}`,
    (text) => {
      const milliseconds = parseDuration(text);
      return off && milliseconds === 0 ? 0 : within(milliseconds, parseDuration(min) ?? 0, parseDuration(max) ?? 0);
    },
  );

/** Bytes. With `off`, 0 is allowed. */
export const size = ({ min, max, off = false }: { min: string; max: string; off?: boolean }) =>
  kind(
    'SIZE',
    `a size such as 64KiB, 512MiB or 1GiB, from ${min} to ${max}${off ? ', or 0 to switch it off' : ''}`,
    (text) => {
      const bytes = parseSize(text);
      return off && bytes === 0 ? 0 : within(bytes, parseSize(min) ?? 0, parseSize(max) ?? 0);
    },
  );

export const count = ({ min, max }: { min: number; max: number }) =>
  kind('N', `a whole number from ${min} to ${max}`, (text) =>
    /^\d{1,15}$/.test(text) ? within(Number(text), min, max) : undefined,
  );

export const choice = <const Choice extends string>(...choices: readonly Choice[]) =>
  kind(choices.join('|'), `one of ${choices.join(', ')}`, (text) => choices.find((each) => each === text));

export const text = (placeholder: string, pattern: RegExp, expected: string) =>
  kind(placeholder, expected, (value) => (pattern.test(value) ? value : undefined));

/** `expected` is in the plural: `ranges such as 10.0.0.0/8`. */
export const list = (
  placeholder: string,
  isItem: (item: string) => boolean,
  expected: string,
): Kind<readonly string[]> => ({
  placeholder: `${placeholder},...`,
  list: true,
  schema: z
    .union([z.string(), z.array(z.string()).max(1_000)], { error: `expected a list of at most 1000 ${expected}` })
    .transform((raw, context) => {
      const items = (typeof raw === 'string' ? raw.split(',') : raw).map((item) => item.trim()).filter(Boolean);
      for (const item of items) {
        if (isItem(item)) continue;
        const message = `expected ${expected}; ${JSON.stringify(item.slice(0, 60))} is none`;
        context.addIssue({ code: 'custom', message });
      }
      return items;
    }),
});

/** Ranges of addresses in CIDR form, as `isInRanges` takes them. */
export const cidrList = list('CIDR', isSourceRange, 'ranges such as 10.0.0.0/8 or fd00::/8');
