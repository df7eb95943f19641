/** charts/git-ingress/README.md: every value of the chart, from its schema and its defaults. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';

/** A JSON schema, as far as values.schema.json makes use of it. */
type Schema = {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
};

const chart = join(import.meta.dirname, '..', 'charts', 'git-ingress');

export function buildChartReadme(): string {
  const schema = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8')) as Schema;
  const defaults = load(readFileSync(join(chart, 'values.yaml'), 'utf8')) as object;
  return `<!-- Generated from values.schema.json and values.yaml by \`make generate\`; do not edit. -->
# The Helm chart of git-ingress

How it is installed, what it makes, and how it goes again: [docs/kubernetes.md](../../docs/kubernetes.md). Values that are
not listed here are refused. \`RELEASE\` stands for the name of the release.

| value | default | meaning |
| --- | --- | --- |
${[...rows(schema, defaults, '')].join('\n')}
`;
}

function* rows({ properties = {} }: Schema, defaults: object, path: string): Generator<string> {
  for (const [name, schema] of Object.entries(properties)) {
    const here = `${path}${name}`;
    // What Helm puts there when the chart is a part of another one.
    if (here === 'global') continue;
    const value: unknown = (defaults as Readonly<Record<string, unknown>>)[name];
    if (value === undefined) throw new Error(`the chart's value ${here} has no default in values.yaml`);
    if (schema.properties !== undefined) yield* rows(schema, value as object, `${here}.`);
    else yield `| \`${here}\` | ${value === null ? '' : `\`${JSON.stringify(value)}\``} | ${meaningOf(schema, here)} |`;
  }
}

function meaningOf({ description }: Schema, path: string): string {
  if (description === undefined) throw new Error(`the chart's value ${path} has no description in values.schema.json`);
  return description;
}
