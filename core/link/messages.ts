import * as z from 'zod';
import { refActions } from '../access/ref-rule.ts';
import { err, ok, type Result } from '../result.ts';
import { buildFrame, type Frame } from './frame.ts';
import { type PushReport, type RefVerdict, refVerdicts } from './push-report.ts';

/**
 * The messages of a control connection. Heads are JSON; the ticket and stderr are the payload, as they are. Unknown
 * types and fields are ignored (`preface.ts` says why that is safe).
 */

const session = z.int().positive();
const text = z.string().max(4096);

const refs = z
  .array(
    z.object({
      ref: text,
      old: z.string().max(64),
      new: z.string().max(64),
      action: z.enum(refActions),
      assumed: z.boolean().exactOptional(),
      allow: z.boolean(),
      rule: text,
      // Not an enum: a later server may know more reasons.
      reason: z.string().max(64).exactOptional(),
      warning: text.exactOptional(),
      landed: z.boolean().exactOptional(),
    }),
  )
  .max(1000)
  .readonly() satisfies z.ZodType<readonly RefVerdict[]>;

const pushReport = z.object({
  accepted: z.boolean(),
  total: z.int().nonnegative(),
  landed: z.int().nonnegative().exactOptional(),
  problem: z.string().max(64).exactOptional(),
  counts: z
    .array(z.object({ action: z.enum(refActions), verdict: z.enum(refVerdicts), refs: z.int().positive() }))
    .max(refActions.length * refVerdicts.length)
    .readonly(),
  refs,
}) satisfies z.ZodType<PushReport>;

const serverHead = z.discriminatedUnion('type', [
  /** The first message. `nonce` (base64url) goes into each ticket of this connection. */
  z.object({ type: z.literal('hello'), version: z.int(), nonce: z.string().min(16).max(64), pod: z.string().max(253) }),
  /** The ticket is good: open a data connection with `token` (32 bytes, base64url). */
  z.object({ type: z.literal('accepted'), session, token: z.string().length(43) }),
  /** git runs, and the data connection is its stdin and stdout. */
  z.object({ type: z.literal('ready'), session }),
  /** Payload: bytes of git's stderr, within the credit. */
  z.object({ type: z.literal('stderr'), session }),
  /** The verdict on a push, before git acts on it; if it was accepted, once more with what landed, before `exit`. */
  z.object({ type: z.literal('push'), session, report: pushReport }),
  /** Refs of an accepted push that landed, or perhaps, and that its last report does not list; comes ahead of that. */
  z.object({ type: z.literal('pushRefs'), session, refs }),
  /** git ended; all of its stderr went ahead. */
  z.object({ type: z.literal('exit'), session, exitStatus: z.int().min(0).max(255) }),
  /** The session ends without git's exit. */
  z.object({ type: z.literal('failed'), session, code: z.string().max(64), message: text }),
  z.object({ type: z.literal('pong') }),
]);

const gatewayHead = z.discriminatedUnion('type', [
  /** Payload: the ticket, whose counter is `session`. `signature` is base64url. */
  z.object({ type: z.literal('open'), session, keyId: z.string().max(64), signature: z.string().max(128) }),
  /** Every later question of the hook is answered no, then git ends. */
  z.object({ type: z.literal('cancel'), session, reason: text }),
  /** So many bytes of stderr more may be sent. */
  z.object({ type: z.literal('stderrCredit'), session, bytes: z.int().positive() }),
  /** Everything of the session has been read: its data connection may be closed. */
  z.object({ type: z.literal('done'), session }),
  z.object({ type: z.literal('ping') }),
]);

type ServerHead = z.infer<typeof serverHead>;
type GatewayHead = z.infer<typeof gatewayHead>;
type WithBytes<Head, Type> = Head extends { type: Type } ? Head & { readonly bytes: Buffer } : Head;

export type ServerMessage = WithBytes<ServerHead, 'stderr'>;
export type GatewayMessage = WithBytes<GatewayHead, 'open'>;

/** Why a session `failed`. A gateway takes an unknown code for `ServerFault`. */
export const failureCodes = [
  /** The ticket did not verify: gateway and server do not fit together. */
  'TicketRefused',
  /** As many sessions wait as may. */
  'Busy',
  /** The server is about to end. */
  'ShuttingDown',
  /** The data connection did not come in time. */
  'NoDataConnection',
  /** The repository could not be made ready, or git not started. */
  'ServerFault',
  /** The gateway gave it up before git ran. */
  'Cancelled',
] as const;
export type FailureCode = (typeof failureCodes)[number];

/** Each builds the bytes of one frame. */
export const buildServerMessage = (message: ServerMessage): Buffer => buildMessage(message);
export const buildGatewayMessage = (message: GatewayMessage): Buffer => buildMessage(message);

/** Each gives undefined for a message of unknown type, which is ignored. */
export const parseServerMessage = (frame: Frame): Result<ServerMessage | undefined, 'Malformed'> =>
  parseMessage(serverHead, serverTypes, frame);
export const parseGatewayMessage = (frame: Frame): Result<GatewayMessage | undefined, 'Malformed'> =>
  parseMessage(gatewayHead, gatewayTypes, frame);

function buildMessage(message: ServerMessage | GatewayMessage): Buffer {
  if (!('bytes' in message) || !(message.bytes instanceof Uint8Array)) return buildFrame(JSON.stringify(message));
  const { bytes, ...head } = message;
  return buildFrame(JSON.stringify(head), bytes);
}

const typesOf = (schema: { options: readonly { shape: { type: { value: string } } }[] }): ReadonlySet<string> =>
  new Set(schema.options.map((option) => option.shape.type.value));
const serverTypes = typesOf(serverHead);
const gatewayTypes = typesOf(gatewayHead);

const anyHead = z.object({ type: z.string() });

function parseMessage<Message>(
  schema: z.ZodType,
  types: ReadonlySet<string>,
  frame: Frame,
): Result<Message | undefined, 'Malformed'> {
  const json = parseJson(frame.head);
  const any = anyHead.safeParse(json);
  if (!any.success) return err('Malformed');
  if (!types.has(any.data.type)) return ok(undefined);
  const head = schema.safeParse(json);
  if (!head.success) return err('Malformed');
  return ok(Object.assign(head.data as object, carriesBytes.has(any.data.type) && { bytes: frame.payload }) as Message);
}

const carriesBytes: ReadonlySet<string> = new Set(['open', 'stderr']);

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
