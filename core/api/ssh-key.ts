import * as z from 'zod';
import { objectName } from './metadata.ts';
import type { SpecRule } from './spec-rule.ts';

const time = z.iso
  .datetime({ offset: true, error: 'must be a time as RFC 3339 has it, e.g. 2027-01-31T12:00:00Z' })
  .max(40);

export const sshKeySpec = z
  .strictObject({
    publicKey: z
      .string()
      .min(1)
      .max(16_384)
      .describe('One line of an OpenSSH public key file, e.g. of ~/.ssh/id_ed25519.pub.'),
    userRef: z
      .strictObject({ name: objectName })
      .optional()
      .describe('The GitUser of this namespace whom this key logs in.'),
    repositoryRefs: z
      .array(z.strictObject({ name: objectName }))
      .min(1)
      .max(64)
      .optional()
      .describe('Makes this a deploy key: it reaches these Repositories of this namespace and nothing else.'),
    access: z
      .enum(['ReadOnly', 'ReadWrite'])
      .optional()
      .describe(
        "A ceiling on whatever the owner may do. Default: ReadWrite for a user's key, ReadOnly for a deploy key.",
      ),
    notBefore: time.optional().describe('The key is refused before this time.'),
    expiresAt: time.optional().describe('The key is refused from this time on, and its live sessions end.'),
    sourceRanges: z
      .array(z.string().max(43))
      .min(1)
      .max(64)
      .optional()
      .describe('Addresses that the key may be used from, in CIDR form, e.g. 10.0.0.0/8 or 2001:db8::/32.'),
  })
  .describe('A public key and whom, or what, it opens.');

export type SSHKeySpec = z.output<typeof sshKeySpec>;

export const sshKeyRules: readonly SpecRule<SSHKeySpec>[] = [
  {
    path: ['userRef'],
    message: 'exactly one of userRef and repositoryRefs is needed: whose key is it?',
    holds: (spec) => (spec.userRef === undefined) !== (spec.repositoryRefs === undefined),
  },
  {
    path: ['expiresAt'],
    message: 'must be later than notBefore',
    holds: ({ notBefore, expiresAt }) =>
      notBefore === undefined || expiresAt === undefined || Date.parse(notBefore) < Date.parse(expiresAt),
  },
];
