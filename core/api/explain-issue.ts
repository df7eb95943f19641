import type * as z from 'zod';
import { nearest } from '../nearest.ts';

/**
 * Says of an issue what is wrong and what to do, in the words of whoever writes the manifest; undefined leaves it to
 * zod. Messages that a schema gives itself go before these. What was given is repeated only if it is so short that it
 * cannot be a key.
 */
export function explainIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return compare(issue.input, nouns[issue.expected] ?? issue.expected, advice(issue.expected, issue.input));
    case 'invalid_value': {
      const choices = issue.values.map(String);
      const meant = typeof issue.input === 'string' ? nearest(issue.input, choices) : undefined;
      return compare(issue.input, oneOf(choices), meant === undefined ? '' : `; did you mean ${meant}?`);
    }
    case 'too_small':
      return `must have at least ${count(issue.minimum, issue.origin)}`;
    case 'invalid_key':
      return issue.issues[0]?.message;
    case 'too_big':
      return `must have at most ${count(issue.maximum, issue.origin)}, not ${sizeOf(issue.input)}`;
    default:
      return undefined;
  }
}

const nouns: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

function compare(given: unknown, expected: string, hint: string): string {
  if (given === undefined) return `is missing: give ${expected}`;
  if (given === null) return `is empty: give ${expected}`;
  return `must be ${expected}, not ${describe(given)}${hint}`;
}

function advice(expected: string, given: unknown): string {
  if (expected === 'string' && typeof given !== 'object') return ': put it in quotes';
  if (expected === 'array') return ': begin each item with "- "';
  return '';
}

const maxShown = 40;

function describe(given: unknown): string {
  if (Array.isArray(given)) return 'a list';
  if (typeof given === 'object') return 'a mapping';
  if (typeof given !== 'string') return String(given);
  return given.length > maxShown ? `a text of ${given.length} characters` : JSON.stringify(given);
}

const oneOf = (choices: readonly string[]): string =>
  choices.length < 2 ? choices.join() : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;

const count = (limit: number | bigint, origin: string): string =>
  `${limit} ${origin === 'string' ? 'character' : 'item'}${limit === 1 ? '' : 's'}`;

const sizeOf = (given: unknown): number => (typeof given === 'string' || Array.isArray(given) ? given.length : 0);
