/** docs/reference.md: every field of the three kinds, from their schemas. */
import { publicKinds } from '../core/api/crd/definitions.ts';
import { buildStructuralSchema } from '../core/api/crd/structural-schema.ts';
import { apiVersion } from '../core/api/metadata.ts';
import type { StructuralSchema } from '../core/api/structural.ts';

export function buildReferencePage(): string {
  const sections = publicKinds.map(({ kind, spec, status }) => {
    const schema = buildStructuralSchema(spec, kind);
    const fields = [...rows(schema, 'spec'), ...(status ? rows(buildStructuralSchema(status, kind), 'status') : [])];
    return [`## ${kind}`, '', schema.description ?? '', '', ...head, ...fields, ''].join('\n');
  });
  return `<!-- Generated from core/api/ by \`make generate\`; do not edit. -->
# Fields

\`apiVersion\` is \`${apiVersion}\`. \`metadata.namespace\` is \`default\` where a manifest leaves it out. Fields that are
not listed here are refused, with the file and the line. What the kinds are for, and how they work together:
[manifests.md](manifests.md). \`status\` is written by the operator of a cluster, and by nobody else.

${sections.join('\n')}`;
}

const head = ['| field | value | default | meaning |', '| --- | --- | --- | --- |'];

function* rows(schema: StructuralSchema, path: string): Generator<string> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const here = `${path}.${name}`;
    const required = schema.required?.includes(name) === true ? 'required' : '';
    const fallback = field.default === undefined ? required : `\`${JSON.stringify(field.default)}\``;
    yield `| \`${here}\` | ${formOf(field)} | ${fallback} | ${field.description ?? ''} |`;
    yield* rows(field, here);
    if (field.items !== undefined) yield* rows(field.items, `${here}[]`);
  }
}

function formOf(field: StructuralSchema): string {
  if (field.enum !== undefined) return field.enum.map((value) => `\`${value}\``).join(', ');
  if (field.type === 'array') {
    const noun = field['x-kubernetes-list-type'] === 'set' ? 'set' : 'list';
    return `${noun} of ${field.minItems ?? 0} to ${field.maxItems}: ${field.items === undefined ? '' : formOf(field.items)}`;
  }
  if (field.format === 'date-time') return 'time (RFC 3339)';
  if (field.type === 'string') return `text${field.maxLength === undefined ? '' : `, at most ${field.maxLength}`}`;
  return field.type;
}
