/** Writes the generated files. With `--check` it only compares: exit 1 and their names if any would change. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildCrdFiles } from '../bin/crd-files.ts';
import { buildConfigurationPage } from '../runtime/config/help.ts';
import { buildChartCrds } from './chart-crds.ts';
import { buildChartReadme } from './chart-readme.ts';
import { buildReferencePage } from './reference-page.ts';

const generated: Readonly<Record<string, () => string>> = {
  'docs/configuration.md': buildConfigurationPage,
  'docs/reference.md': buildReferencePage,
  ...Object.fromEntries(buildCrdFiles().map(({ name, text }) => [`crds/${name}`, () => text])),
  'charts/git-ingress/README.md': buildChartReadme,
  ...Object.fromEntries(
    buildChartCrds().map(({ name, text }) => [`charts/git-ingress/templates/crds/${name}`, () => text]),
  ),
};

const check = process.argv.includes('--check');
for (const [file, build] of Object.entries(generated)) {
  const path = join(import.meta.dirname, '..', file);
  const wanted = build();
  if ((await readFile(path, 'utf8').catch(() => undefined)) === wanted) continue;
  if (check) {
    console.error(`${file} is not what its source generates: run "make generate".`);
    process.exitCode = 1;
  } else {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, wanted);
    console.log(`wrote ${file}`);
  }
}
