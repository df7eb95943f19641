/** docs/reference.md: every field of the three kinds, from their schemas. */
import * as z from 'zod';
import { gitUserSpec } from '../core/api/git-user.ts';
import { apiVersion } from '../core/api/metadata.ts';
import { repositorySpec } from '../core/api/repository.ts';
import { sshKeySpec } from '../core/api/ssh-key.ts';

type Schema = {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly format?: string;
};

const kinds = { GitUser: gitUserSpec, SSHKey: sshKeySpec, Repository: repositorySpec } as const;

export function buildReferencePage(): string {
  const sections = Object.entries(kinds).map(([kind, spec]) => {
    const schema = z.toJSONSchema(spec, { io: 'input' }) as Schema;
    return [`## ${kind}`, '', schema.description ?? '', '', ...head, ...rows(schema, 'spec'), ''].join('\n');
  });
  return `<!-- Generated from core/api/ by \`make generate\`; do not edit. -->
# Fields

\`apiVersion\` is \`${apiVersion}\`. \`metadata.namespace\` is \`default\` where a manifest leaves it out. Fields that are
not listed here are refused, with the file and the line. What the kinds are for, and how they work together:
[manifests.md](manifests.md).

${sections.join('\n')}`;
}

const head = ['| field | value | default | meaning |', '| --- | --- | --- | --- |'];

function* rows(schema: Schema, path: string): Generator<string> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const here = `${path}.${name}`;
    const required = schema.required?.includes(name) === true ? 'required' : '';
    const fallback = field.default === undefined ? required : `\`${JSON.stringify(field.default)}\``;
    yield `| \`${here}\` | ${formOf(field)} | ${fallback} | ${field.description ?? ''} |`;
    yield* rows(field, here);
    if (field.items !== undefined) yield* rows(field.items, `${here}[]`);
  }
}

function formOf(field: Schema): string {
  if (field.enum !== undefined) return field.enum.map((value) => `\`${value}\``).join(', ');
  if (field.type === 'array')
    return `list of ${field.minItems ?? 0} to ${field.maxItems}: ${formOf(field.items ?? {})}`;
  if (field.format === 'date-time') return 'time (RFC 3339)';
  if (field.type === 'string') return `text${field.maxLength === undefined ? '' : `, at most ${field.maxLength}`}`;
  return field.type ?? '';
}
