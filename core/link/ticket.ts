import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { err, ok, type Result } from '../result.ts';
import { type Ticket, ticketSchema } from './ticket-content.ts';

/** In bytes, signature apart: more rules than that are refused by the gateway. */
const maxTicketLength = 64 * 1024;

/** Sets these signatures apart from any other that the same key might ever make. */
const domain = Buffer.from('git-ingress session ticket, version 1\0', 'latin1');

type SignedTicket = {
  /** The ticket as JSON: verified byte for byte before anything reads it. */
  readonly bytes: Buffer;
  /** Ed25519, 64 bytes. */
  readonly signature: Buffer;
  readonly keyId: string;
};

/**
 * Why a ticket is refused. `Replayed`: its counter did not rise. `WrongSession`: it was signed for another session
 * than the one that it came with.
 */
export type TicketProblem =
  | 'TooLong'
  | 'UnknownKey'
  | 'BadSignature'
  | 'Malformed'
  | 'WrongNonce'
  | 'WrongPod'
  | 'WrongSession'
  | 'Replayed';

/** Names a key by its public half, so that several may be valid while keys are rotated: 32 hexadecimal digits. */
export function ticketKeyId(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 32);
}

/** What is signed: domain, the ticket's length as uint32, the ticket. */
function signedBytes(ticket: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(ticket.length);
  return Buffer.concat([domain, length, ticket]);
}

/** Signs with an Ed25519 private key, whose id `keyId` must be. */
export function signTicket(ticket: Ticket, signingKey: KeyObject, keyId: string): Result<SignedTicket, 'TooLong'> {
  const bytes = Buffer.from(JSON.stringify(ticket));
  if (bytes.length > maxTicketLength) return err('TooLong');
  return ok({ bytes, signature: sign(null, signedBytes(bytes), signingKey), keyId });
}

/** What a ticket must match: the connection that it came on, and the session that it was sent for. */
export type TicketExpectation = {
  /** The public key with this `ticketKeyId`. */
  readonly keyOf: (keyId: string) => KeyObject | undefined;
  readonly nonce: string;
  readonly pod: string;
  readonly session: number;
  /** The highest counter that was accepted on this connection, 0 before the first. */
  readonly lastCounter: number;
};

/** Verifies the signature, then the form, then that the ticket is for here and now. */
export function verifyTicket(signed: SignedTicket, expected: TicketExpectation): Result<Ticket, TicketProblem> {
  if (signed.bytes.length > maxTicketLength) return err('TooLong');
  const key = expected.keyOf(signed.keyId);
  if (key === undefined) return err('UnknownKey');
  if (!verify(null, signedBytes(signed.bytes), key, signed.signature)) return err('BadSignature');
  const ticket = parseTicket(signed.bytes);
  if (ticket === undefined) return err('Malformed');
  if (ticket.nonce !== expected.nonce) return err('WrongNonce');
  if (ticket.pod !== expected.pod) return err('WrongPod');
  if (ticket.counter !== expected.session) return err('WrongSession');
  if (ticket.counter <= expected.lastCounter) return err('Replayed');
  return ok(ticket);
}

function parseTicket(bytes: Buffer): Ticket | undefined {
  try {
    return ticketSchema.safeParse(JSON.parse(bytes.toString())).data;
  } catch {
    return undefined;
  }
}
