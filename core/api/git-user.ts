import * as z from 'zod';
import { asSet } from './list.ts';
import { namespaceName } from './metadata.ts';
import type { ObjectRule } from './object-rule.ts';
import { matches } from './rule.ts';
import { singleLine, text } from './text.ts';

/** The login name that everybody shares, so that no GitUser may bear it. */
export const sharedLoginName = 'git';

export const groupName = namespaceName;

export const gitUserSpec = z
  .strictObject({
    displayName: singleLine(128).optional().describe('What this person is called in the greeting.'),
    email: text(254)
      .check(matches(/^[!-;=?A-~]+@[!-;=?A-~]+$/, 'must be an address such as alice@example.com'))
      .optional()
      .describe('The address in the reflog of repositories that this person pushes to.'),
    groups: z
      .array(groupName.describe('The name of a group.'))
      .max(64)
      .check(asSet())
      .default([])
      .describe('Groups of this namespace that Repositories can grant access to.'),
    suspended: z
      .boolean()
      .default(false)
      .describe('Refuses this person, and ends their live sessions, whatever else grants access.'),
  })
  .describe('A person who may log in with the SSHKeys that name them.');

export type GitUserSpec = z.output<typeof gitUserSpec>;

export const gitUserRules: readonly ObjectRule<GitUserSpec>[] = [
  {
    path: ['metadata', 'name'],
    message: `"${sharedLoginName}" is the login name that everybody shares: choose another name`,
    holds: ({ metadata }) => metadata.name !== sharedLoginName,
    cel: `self.metadata.name != '${sharedLoginName}'`,
  },
];
