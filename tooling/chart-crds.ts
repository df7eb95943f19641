import { buildCrdFiles } from '../bin/crd-files.ts';

/**
 * The CustomResourceDefinitions as templates of the chart, one a file. They are among the templates because Helm never
 * upgrades what is in a chart's own folder `crds/`; and they stay when the release goes, for all objects go with them.
 */
export const buildChartCrds = (): readonly { readonly name: string; readonly text: string }[] =>
  buildCrdFiles().map(({ name, text }) => ({
    name,
    text: `{{- if .Values.crds.install }}\n${keep(literal(text))}{{- end }}\n`,
  }));

/** What Helm would take for a template, in a description or a CEL rule, stands for itself. */
const literal = (text: string): string => text.replaceAll('{{', '{{ "{{" }}');

function keep(text: string): string {
  const kept = text.replace(/^metadata:\n/m, 'metadata:\n  annotations:\n    helm.sh/resource-policy: keep\n');
  if (kept === text) throw new Error('a CustomResourceDefinition without metadata');
  return kept;
}
