import * as z from 'zod';
import { refPatternSyntax } from '../access/ref-pattern.ts';
import { refActions } from '../access/ref-rule.ts';
import { roles } from '../access/role.ts';
import { forbiddenInRefName, isValidBranchName } from '../git/ref-name.ts';
import { repositoryPathPattern } from '../git/repository-path.ts';
import { namespaceName, objectName } from './metadata.ts';
import type { ObjectRule } from './object-rule.ts';
import { toRe2 } from './re2.ts';
import { celOnly, celString, matches, matchesNot, rule } from './rule.ts';
import { singleLine, text } from './text.ts';

const subject = z
  .strictObject({
    kind: z.enum(['User', 'Group', 'Everyone']).describe('Everyone is every user of every namespace, no deploy key.'),
    name: objectName.optional().describe('Of the User or Group; not with Everyone.'),
    namespace: namespaceName.optional().describe("Of the User or Group. Default: the Repository's own."),
  })
  .check(
    rule({
      path: ['name'],
      message: 'a subject of kind User or Group needs a name; one of kind Everyone has neither name nor namespace',
      holds: ({ kind, name, namespace }) =>
        kind === 'Everyone' ? name === undefined && namespace === undefined : name !== undefined,
      // `namespace` is a reserved word of CEL.
      cel: "self.kind == 'Everyone' ? !has(self.name) && !has(self.__namespace__) : has(self.name)",
    }),
  )
  .describe('A user, the users of a group, or everyone.');

const subjects = z.array(subject).min(1).max(100);

const path = text(255).check(
  matches(repositoryPathPattern, 'must be segments of letters, digits, ".", "_" and "-", joined by "/"'),
  matchesNot(/\.(git|lock)(\/|$)/, 'must have no segment that ends in .git or .lock: no client could ask for it'),
);

const branchName = text(200)
  .min(1)
  .check(
    rule({
      message: 'must be a branch name as git-check-ref-format has it, without refs/heads/',
      holds: isValidBranchName,
      cel: [
        `!('refs/heads/' + self).matches(${celString(toRe2(forbiddenInRefName))})`,
        "self != 'HEAD' && self != '@' && !self.startsWith('-') && !self.startsWith('refs/')",
      ].join(' && '),
    }),
  );

const refPattern = text(255)
  .check(
    matches(
      refPatternSyntax,
      'must be a full ref such as refs/heads/main, "*" within a segment or "**" as a whole one',
    ),
  )
  .describe('A full ref, or a pattern of refs: refs/heads/release/**');

const refRule = z
  .strictObject({
    refs: z.array(refPattern).min(1).max(32).describe('The refs that this rule is about; one has to match.'),
    actions: z
      .array(z.enum(refActions).describe('Update is a fast-forward, Rewind any other change of an existing ref.'))
      .min(1)
      .max(4)
      .describe('What somebody is about to do to the ref.'),
    effect: z.enum(['Allow', 'Deny']).describe('Allow ends the search; it gives nobody more than their role.'),
    enforcement: z
      .enum(['Enforce', 'Warn'])
      .default('Enforce')
      .describe('Warn lets through what the rule would refuse, tells the pusher and counts it.'),
    subjects: subjects.describe('Whom this rule binds; one has to match.'),
  })
  .check(
    rule({
      path: ['enforcement'],
      message: 'enforcement Warn goes with effect Deny: there is nothing to warn of in an Allow',
      holds: ({ effect, enforcement }) => effect === 'Deny' || enforcement === 'Enforce',
      cel: "self.effect == 'Deny' || self.enforcement == 'Enforce'",
    }),
  )
  .describe('A rule for refs.');

/** In `access` and `refRules` together. An entry of the index has no room for many more. */
const maxSubjects = 600;

const countSubjects = (rules: readonly { readonly subjects: readonly unknown[] }[]): number =>
  rules.reduce((count, { subjects }) => count + subjects.length, 0);

/** An API server tries rules on the default of the spec before it has filled in the defaults in it. */
const celCount = (field: 'access' | 'refRules'): string =>
  `(has(self.${field}) ? self.${field}.map(each, each.subjects.size()).sum() : 0)`;

export const repositorySpec = z
  .strictObject({
    type: z
      .enum(['Git'])
      .check(celOnly({ message: 'cannot be changed', cel: 'self == oldSelf' }))
      .default('Git')
      .describe('What is stored. It cannot be changed.'),
    path: path.optional().describe('What people clone. Default: NAMESPACE/NAME. Unique in the installation.'),
    description: singleLine(255).optional().describe("Shown in the greeting, and kept as git's description file."),
    defaultBranch: branchName.default('main').describe('The branch that a clone checks out; it cannot be deleted.'),
    access: z
      .array(
        z
          .strictObject({
            role: z.enum(roles).describe('What they may do.'),
            subjects: subjects.describe('Who may do it.'),
          })
          .describe('A role, and who has it.'),
      )
      .max(100)
      .default([])
      .describe(
        'Who may do what; no entry, no access. Read; Write: create and fast-forward; Maintain: rewind, delete.',
      ),
    refRules: z
      .array(refRule)
      .max(100)
      .default([])
      .describe('Narrows what roles allow. In order: the first rule that matches subject, ref and action decides.'),
    readOnly: z
      .strictObject({ message: singleLine(255).describe('What whoever pushes is told.') })
      .optional()
      .describe('Refuses every push, with this message.'),
  })
  .check(
    rule({
      message: `access and refRules together name at most ${maxSubjects} subjects: put users into groups, and name those`,
      holds: ({ access, refRules }) => countSubjects(access) + countSubjects(refRules) <= maxSubjects,
      cel: `${celCount('access')} + ${celCount('refRules')} <= ${maxSubjects}`,
    }),
  )
  .describe('A repository, where it is found, and who may do what in it.');

export type RepositorySpec = z.output<typeof repositorySpec>;

export const repositoryRules: readonly ObjectRule<RepositorySpec>[] = [
  {
    path: ['spec', 'path'],
    message: 'is needed where the name ends in .git or .lock: no client could ask for NAMESPACE/NAME',
    holds: ({ metadata, spec }) => spec.path !== undefined || !/\.(git|lock)$/.test(metadata.name),
    cel: String.raw`has(self.spec.path) || !self.metadata.name.matches("\\.(git|lock)$")`,
  },
];
