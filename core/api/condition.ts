import * as z from 'zod';
import { asMapBy } from './list.ts';
import { text } from './text.ts';
import { time } from './time.ts';

/**
 * The reasons of the condition `Accepted`. True: `Accepted`. All others say why an object takes no part in the index.
 */
export type AcceptedReason =
  | 'Accepted'
  | 'Invalid'
  | 'WeakKey'
  | 'Duplicate'
  | 'TooManyUsers'
  | 'PathTaken'
  | 'PathNotPermitted'
  | 'UserNotFound'
  | 'RepositoryNotFound'
  | 'Expired'
  | 'TooLarge';

/** The longest message that is written; a message is for a terminal. */
export const maxConditionMessage = 4_096;

/** As metav1.Condition of Kubernetes. */
const condition = z
  .strictObject({
    type: text(316)
      .regex(
        /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/,
      )
      .describe('What this is about, in CamelCase.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('Whether it is so.'),
    observedGeneration: z
      .int()
      .min(0)
      .optional()
      .describe('The metadata.generation that this was said of; an older one means that it is not up to date.'),
    lastTransitionTime: time.describe('When the status last changed.'),
    reason: text(1_024)
      .min(1)
      .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
      .describe('Why, in one word in CamelCase.'),
    message: text(maxConditionMessage).describe('Why, for people, and what to do.'),
  })
  .describe('One thing that is known of the object.');

export type Condition = z.output<typeof condition>;

export const conditions = z.array(condition).max(16).check(asMapBy('type')).optional();
