import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { asMapBy, asSet } from '../list.ts';
import { rule } from '../rule.ts';
import { text } from '../text.ts';
import { time } from '../time.ts';
import { buildStructuralSchema } from './structural-schema.ts';

const name = text(20).describe('A name.');

test('a structural schema has what zod checks, and what its checks say in CEL', () => {
  const schema = z
    .strictObject({
      name: text(20).min(1).regex(/^\d+$/).describe('A name.'),
      size: z.int().min(1).max(9).default(2).describe('A size.'),
      at: time.optional().describe('A time.'),
      tags: z.array(name).max(3).check(asSet()).optional().describe('Tags.'),
      parts: z
        .array(z.strictObject({ name }).describe('A part.'))
        .min(1)
        .max(4)
        .check(asMapBy('name'))
        .describe('Parts.'),
      color: z.enum(['Red', 'Blue']).describe('A color.'),
    })
    .check(rule({ path: ['at'], message: 'no', holds: () => true, cel: 'has(self.at)' }))
    .describe('A thing.');
  const namePart = { type: 'string', maxLength: 20, description: 'A name.' };
  assert.deepEqual(buildStructuralSchema(schema, 'thing'), {
    type: 'object',
    description: 'A thing.',
    required: ['name', 'parts', 'color'],
    properties: {
      name: { ...namePart, minLength: 1, pattern: String.raw`^\d+$` },
      size: { type: 'integer', format: 'int64', minimum: 1, maximum: 9, default: 2, description: 'A size.' },
      at: {
        type: 'string',
        format: 'date-time',
        maxLength: 40,
        pattern: String.raw`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`,
        description: 'A time.',
      },
      tags: { type: 'array', items: namePart, maxItems: 3, 'x-kubernetes-list-type': 'set', description: 'Tags.' },
      parts: {
        type: 'array',
        items: { type: 'object', required: ['name'], properties: { name: namePart }, description: 'A part.' },
        minItems: 1,
        maxItems: 4,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        description: 'Parts.',
      },
      color: { type: 'string', enum: ['Red', 'Blue'], description: 'A color.' },
    },
    'x-kubernetes-validations': [{ rule: 'has(self.at)', message: 'no', fieldPath: '.at' }],
  });
});

const nameless = z.strictObject({ name: name.optional() }).describe('A part.');

const lost: readonly [name: string, schema: z.ZodType, message: RegExp][] = [
  ['a refinement', text(9).refine(() => true), /the check custom would be lost/],
  ['a transformation', text(9).transform((value) => value), /has no pipe/],
  ['trimming', text(9).trim(), /the check overwrite would be lost/],
  ['flags', text(9).regex(/a/i), /flags have no place/],
  ['two patterns', text(9).regex(/a/).regex(/b/), /two checks give pattern/],
  ['a format', z.email(), /email has no equal|without a bound/],
  ['a time that Kubernetes takes otherwise', z.iso.datetime().check(...(text(9).def.checks ?? [])), /narrow it/],
  ['a text without a bound', z.string(), /without a bound/],
  ['a bound in UTF-16 units', z.string().max(9), /UTF-16 units/],
  ['a least length in UTF-16 units', text(9).min(2), /UTF-16 units/],
  ['a list without a bound', z.array(name), /without a bound/],
  [
    'items that are not told apart',
    z
      .array(nameless)
      .max(1)
      .check(asMapBy('name') as never),
    /items need name/,
  ],
  ['a number', z.number(), /not z\.int/],
  ['an integer without a minimum', z.int(), /without a minimum/],
  ['an object that drops what it does not know', z.object({}), /only a strict object/],
  ['a union', z.union([name, z.boolean()]), /has no union/],
  ['anything', z.unknown(), /has no unknown/],
  ['null', name.nullable(), /has no nullable/],
];
for (const [title, schema, message] of lost) {
  test(`refuses to lose ${title}`, () => {
    assert.throws(() => buildStructuralSchema(schema.describe('A field.'), 'field'), message);
  });
}

test('every field has to say what it is', () => {
  assert.throws(() => buildStructuralSchema(z.strictObject({ a: text(1) }).describe('x'), 'thing'), /thing\.a: has no/);
});
