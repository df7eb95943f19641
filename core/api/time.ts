import * as z from 'zod';
import { checkWith } from './rule.ts';

const message = 'must be a time as RFC 3339 has it, e.g. 2027-01-31T12:00:00Z';

/** As Go prints and reads it. Kubernetes' format date-time alone lets more through than its CEL can then read. */
const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** A point in time (RFC 3339). */
export const time: z.ZodISODateTime = z.iso
  .datetime({ offset: true, error: message, abort: true })
  .regex(form, { error: message })
  .check(checkWith((value: string) => value.length <= 40, message, { maxLength: 40 }));

/** Whether one time is before another, to the nanosecond, as the API server compares them. */
export function isBefore(a: string, b: string): boolean {
  const [x, y] = [a, b].map(nanoseconds) as [bigint, bigint];
  return x < y;
}

function nanoseconds(text: string): bigint {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const milliseconds = Date.parse(text.replace(/\.\d+/, ''));
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
