import * as z from 'zod';
import { namespaceName } from './metadata.ts';
import { singleLine } from './text.ts';

/** The login name that everybody shares, so that no GitUser may bear it. */
export const sharedLoginName = 'git';

export const groupName = namespaceName;

export const gitUserSpec = z
  .strictObject({
    displayName: singleLine(128).optional().describe('What this person is called in the greeting.'),
    email: z
      .string()
      .max(254)
      .regex(/^[!-;=?A-~]+@[!-;=?A-~]+$/, { error: 'must be an address such as alice@example.com' })
      .optional()
      .describe('The address in the reflog of repositories that this person pushes to.'),
    groups: z
      .array(groupName)
      .max(64)
      .default([])
      .describe('Groups of this namespace that Repositories can grant access to.'),
    suspended: z
      .boolean()
      .default(false)
      .describe('Refuses this person, and ends their live sessions, whatever else grants access.'),
  })
  .describe('A person who may log in with the SSHKeys that name them.');

export type GitUserSpec = z.output<typeof gitUserSpec>;
