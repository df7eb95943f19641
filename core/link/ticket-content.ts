import * as z from 'zod';
import type { Identity } from '../access/identity.ts';
import type { Permission } from '../access/permission.ts';
import { refActions } from '../access/ref-rule.ts';
import { roles } from '../access/role.ts';
import type { ObjectRef } from '../api/object-ref.ts';
import type { GitVerb } from '../git/command.ts';
import { parseGitProtocol } from '../git/git-protocol.ts';
import { isValidBranchName } from '../git/ref-name.ts';

/** A session that a gateway decided to allow, as a repository server is told of it. */
export type SessionOrder = {
  readonly correlationId: string;
  readonly repository: ObjectRef & {
    readonly uid: string;
    readonly path: string;
    readonly defaultBranch: string;
    readonly description?: string;
  };
  readonly verb: GitVerb;
  readonly gitProtocol?: string;
  readonly identity: Identity;
  readonly permission: Permission;
};

/** One session on one control connection to one pod. */
export type Ticket = {
  /** base64url; what the pod greeted the connection with. */
  readonly nonce: string;
  /** Rises strictly on a connection; it names the session there. */
  readonly counter: number;
  readonly pod: string;
  readonly order: SessionOrder;
};

/** The form of an object's UID. It becomes the name of a folder, so nothing else may pass. */
export const uidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** No control character: these are written to files, to logs, into reflogs and to terminals. */
const line = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .regex(/^[^\p{Cc}]*$/u);

const objectRef = { namespace: line(63).min(1), name: line(253).min(1) };
const rule = line(1024);
const access = z.enum(['ReadOnly', 'ReadWrite']);
const key = z.strictObject({ ...objectRef, fingerprint: line(128) });

const identity = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('User'),
    user: z.strictObject(objectRef),
    displayName: line(255).exactOptional(),
    email: line(320).exactOptional(),
    groups: z.array(line(253)),
    access,
    key: key.exactOptional(),
  }),
  z.strictObject({ kind: z.literal('DeployKey'), key, repositories: z.array(line(253)), access }),
]) satisfies z.ZodType<Identity>;

const permission = z.strictObject({
  role: z.enum(roles),
  grantedBy: rule,
  refRules: z.array(
    z.strictObject({
      rule,
      refs: z.array(line(1024)),
      actions: z.array(z.enum(refActions)),
      effect: z.enum(['Allow', 'Deny']),
      enforcement: z.enum(['Enforce', 'Warn']),
    }),
  ),
}) satisfies z.ZodType<Permission>;

const order = z.strictObject({
  correlationId: line(128).min(1),
  repository: z.strictObject({
    ...objectRef,
    uid: z.string().regex(uidPattern),
    path: line(1024),
    defaultBranch: z.string().refine(isValidBranchName),
    description: line(1024).exactOptional(),
  }),
  verb: z.enum(['upload-pack', 'receive-pack', 'upload-archive']),
  gitProtocol: z
    .string()
    .refine((value) => parseGitProtocol(value) !== undefined)
    .exactOptional(),
  identity,
  permission,
}) satisfies z.ZodType<SessionOrder>;

/** Strict: an unknown field may be a restriction of a newer gateway, which must not be dropped. */
export const ticketSchema: z.ZodType<Ticket> = z.strictObject({
  nonce: line(64),
  counter: z.int().positive(),
  pod: line(253),
  order,
});
