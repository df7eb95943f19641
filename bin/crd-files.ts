import { dump } from 'js-yaml';
import { buildCustomResourceDefinitions } from '../core/api/crd/definitions.ts';

/** A file of the folder `crds/`. */
type CrdFile = { readonly name: string; readonly text: string };

const header = '# Generated from core/api/ by git-ingress; do not edit.\n';

/** The CustomResourceDefinitions as YAML, one a file. */
export const buildCrdFiles = (): readonly CrdFile[] =>
  buildCustomResourceDefinitions().map((document) => ({
    name: `${document.spec.group}_${document.spec.names.plural}.yaml`,
    text: `${header}${dump(document, { noRefs: true, sortKeys: true, lineWidth: -1 })}`,
  }));
