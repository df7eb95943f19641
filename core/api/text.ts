import * as z from 'zod';

/** Text that is shown on one line of a terminal or stored in a git header: no control character may be in it. */
export const singleLine = (maxLength: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .regex(/^[ -;=?-~\u00a1-\uffff]*$/, { error: 'must be one line, without control characters, "<" or ">"' });
