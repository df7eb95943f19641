import { randomBytes } from 'node:crypto';

/** Ties what a user saw to our log: 60 random bits in Crockford's base 32, which can be read out over a telephone. */
export function newCorrelationId(): string {
  const bytes = randomBytes(12);
  return Array.from(bytes, (byte) => alphabet[byte & 31]).join('');
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
