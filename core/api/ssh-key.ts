import * as z from 'zod';
import { isSourceRange } from '../access/source-range.ts';
import { publicKeyTypes } from '../ssh/key-type.ts';
import { privateKeyExplanation, privateKeyPattern } from '../ssh/pasted-text.ts';
import { asMapBy, asSet } from './list.ts';
import { objectName } from './metadata.ts';
import { celOnly, celString, rule } from './rule.ts';
import { text } from './text.ts';
import { isBefore, time } from './time.ts';

/** What `String.prototype.trim` takes away. */
const blank = String.raw`[\s\v\pZ\x{FEFF}]`;

/** What an API server can see of a key line, in RE2. Refuses nothing that `parsePublicKeyLine` takes, which sees more. */
const keyLineForm = [
  `^${blank}*(${publicKeyTypes.join('|')})[ \\t]+[A-Za-z0-9+/]+={0,2}`,
  String.raw`([ \t\pZ\x{FEFF}][\t\P{Cc}]*)?${blank}*$`,
].join('');

/** About the spec, since an API server repeats the text that a rule of its own refuses, and people paste secrets. */
const publicKeyRules = [
  celOnly({
    path: ['publicKey'],
    message: privateKeyExplanation,
    cel: `!self.publicKey.matches(${celString(`(?i)${privateKeyPattern.source}`)})`,
  }),
  celOnly({
    path: ['publicKey'],
    message: `must be the one line of a .pub file, "TYPE BASE64 COMMENT", with a TYPE of ${publicKeyTypes.join(', ')}`,
    cel: `self.publicKey.matches(${celString(keyLineForm)})`,
  }),
];

const sourceRange = text(43)
  .check(
    rule({
      message: 'must be of the form 10.0.0.0/8 or 2001:db8::/32',
      holds: isSourceRange,
      cel: "isCIDR(self) && !(self.contains(':') && self.contains('.'))",
    }),
  )
  .describe('A range of addresses in CIDR form.');

export const sshKeySpec = z
  .strictObject({
    publicKey: text(16_384).min(1).describe('One line of an OpenSSH public key file, e.g. of ~/.ssh/id_ed25519.pub.'),
    userRef: z
      .strictObject({ name: objectName.describe('The name of the GitUser.') })
      .optional()
      .describe('The GitUser of this namespace whom this key logs in.'),
    repositoryRefs: z
      .array(
        z
          .strictObject({ name: objectName.describe('The name of the Repository.') })
          .describe('A Repository that the key reaches.'),
      )
      .min(1)
      .max(64)
      .check(asMapBy('name'))
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
      .array(sourceRange)
      .min(1)
      .max(64)
      .check(asSet())
      .optional()
      .describe('Addresses that the key may be used from, in CIDR form, e.g. 10.0.0.0/8 or 2001:db8::/32.'),
  })
  .check(
    ...publicKeyRules,
    rule({
      path: ['userRef'],
      message: 'exactly one of userRef and repositoryRefs is needed: whose key is it?',
      holds: (spec) => (spec.userRef === undefined) !== (spec.repositoryRefs === undefined),
      cel: 'has(self.userRef) != has(self.repositoryRefs)',
    }),
    rule({
      path: ['expiresAt'],
      message: 'must be later than notBefore',
      holds: ({ notBefore, expiresAt }) =>
        notBefore === undefined || expiresAt === undefined || isBefore(notBefore, expiresAt),
      cel: '!has(self.notBefore) || !has(self.expiresAt) || self.notBefore < self.expiresAt',
    }),
  )
  .describe('A public key and whom, or what, it opens.');

export type SSHKeySpec = z.output<typeof sshKeySpec>;
