import * as z from 'zod';
import { refPatternSyntax } from '../access/ref-pattern.ts';
import { refActions } from '../access/ref-rule.ts';
import { roles } from '../access/role.ts';
import { isValidBranchName } from '../git/ref-name.ts';
import { repositoryPathPattern } from '../git/repository-path.ts';
import { namespaceName, objectName } from './metadata.ts';
import type { SpecRule } from './spec-rule.ts';
import { singleLine } from './text.ts';

const subject = z.strictObject({
  kind: z.enum(['User', 'Group', 'Everyone']),
  name: objectName.optional().describe('Of the User or Group; not with Everyone.'),
  namespace: namespaceName.optional().describe("Of the User or Group. Default: the Repository's own."),
});

const subjects = z.array(subject).min(1).max(100);

export const repositorySpec = z
  .strictObject({
    type: z.enum(['Git']).default('Git').describe('What is stored.'),
    path: z
      .string()
      .max(255)
      .regex(repositoryPathPattern, { error: 'must be segments of letters, digits, ".", "_" and "-", joined by "/"' })
      .optional()
      .describe('What people clone. Default: NAMESPACE/NAME. Unique in the installation.'),
    description: singleLine(255).optional().describe("Shown in the greeting, and kept as git's description file."),
    defaultBranch: z
      .string()
      .min(1)
      .max(200)
      .default('main')
      .describe('The branch that a clone checks out; it cannot be deleted.'),
    access: z
      .array(z.strictObject({ role: z.enum(roles), subjects }))
      .max(100)
      .default([])
      .describe(
        'Who may do what; no entry, no access. Read; Write: create and fast-forward; Maintain: rewind, delete.',
      ),
    refRules: z
      .array(
        z.strictObject({
          refs: z
            .array(
              z.string().max(255).regex(refPatternSyntax, {
                error: 'must be a full ref such as refs/heads/main, "*" within a segment or "**" as a whole one',
              }),
            )
            .min(1)
            .max(32),
          actions: z.array(z.enum(refActions)).min(1).max(4),
          effect: z.enum(['Allow', 'Deny']),
          enforcement: z
            .enum(['Enforce', 'Warn'])
            .default('Enforce')
            .describe('Warn lets through what the rule would refuse, tells the pusher and counts it.'),
          subjects,
        }),
      )
      .max(100)
      .default([])
      .describe('Narrows what roles allow. In order: the first rule that matches subject, ref and action decides.'),
    readOnly: z
      .strictObject({ message: singleLine(255) })
      .optional()
      .describe('Refuses every push, with this message.'),
  })
  .describe('A repository, where it is found, and who may do what in it.');

export type RepositorySpec = z.output<typeof repositorySpec>;

const subjectsAreNamed = (field: 'access' | 'refRules'): SpecRule<RepositorySpec> => ({
  path: [field],
  message: 'a subject of kind User or Group needs a name; one of kind Everyone has neither name nor namespace',
  holds: (spec) =>
    spec[field].every((entry) =>
      entry.subjects.every(({ kind, name, namespace }) =>
        kind === 'Everyone' ? name === undefined && namespace === undefined : name !== undefined,
      ),
    ),
});

export const repositoryRules: readonly SpecRule<RepositorySpec>[] = [
  subjectsAreNamed('access'),
  subjectsAreNamed('refRules'),
  {
    path: ['refRules'],
    message: 'enforcement Warn goes with effect Deny: there is nothing to warn of in an Allow',
    holds: (spec) => spec.refRules.every((rule) => rule.effect === 'Deny' || rule.enforcement === 'Enforce'),
  },
  {
    path: ['defaultBranch'],
    message: 'must be a branch name as git-check-ref-format has it, without refs/heads/',
    holds: (spec) => isValidBranchName(spec.defaultBranch),
  },
];
