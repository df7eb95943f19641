import * as z from 'zod';
import { conditions } from './condition.ts';
import { text } from './text.ts';

/** What the operator says of each object, and nobody else; absent until it has looked at it. */
export const gitUserStatus = z
  .strictObject({
    conditions: conditions.describe('Ready: every gateway knows this person, who can log in by their keys.'),
    keys: z.int().min(0).optional().describe('How many SSHKeys log this person in.'),
  })
  .describe('What the operator found; written by it alone.');

export const sshKeyStatus = z
  .strictObject({
    conditions: conditions.describe(
      'Accepted: the key is good and its owner exists. Programmed: every gateway that is alive knows it.',
    ),
    fingerprint: text(64).optional().describe('Of the public key, as ssh-keygen -l and the log show it: SHA256:...'),
  })
  .describe('What the operator found; written by it alone.');

export const repositoryStatus = z
  .strictObject({
    conditions: conditions.describe(
      'Accepted: path and rules are good. Programmed: every gateway that is alive knows them.',
    ),
    url: text(1_024).optional().describe('What people clone.'),
  })
  .describe('What the operator found; written by it alone.');

export type GitUserStatus = z.output<typeof gitUserStatus>;
export type SSHKeyStatus = z.output<typeof sshKeyStatus>;
export type RepositoryStatus = z.output<typeof repositoryStatus>;
