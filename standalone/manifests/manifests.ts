import type { Resource } from '../../core/api/resource.ts';
import { type IgnoredDocument, type ManifestFile, type ManifestObject, nameOf } from './manifest-file.ts';
import { formatPlace, type ManifestProblem } from './problem.ts';
import type { Walk } from './walk.ts';

/** What a folder of manifests says at a moment. */
export type Manifests = {
  /** Well-formed objects, one for each kind, namespace and name, in the order of files and lines. */
  readonly objects: readonly ManifestObject[];
  /** Those of `objects`. An object whose document did not change is the same value as in the reading before. */
  readonly resources: readonly Resource[];
  readonly problems: readonly ManifestProblem[];
  readonly ignored: readonly IgnoredDocument[];
  /** False while the folder itself cannot be read: all of this is what it last said. */
  readonly isCurrent: boolean;
  /** What the next reading builds on. */
  readonly files: ReadonlyMap<string, ManifestFile>;
  readonly unreadable: Walk['unreadable'];
};

export const noManifests: Manifests = {
  objects: [],
  resources: [],
  problems: [],
  ignored: [],
  isCurrent: true,
  files: new Map(),
  unreadable: [],
};

/** Puts the files' contents together, in the order of the map. Of two objects with one name, the first holds. */
export function mergeFiles(
  files: ReadonlyMap<string, ManifestFile>,
  unreadable: Walk['unreadable'],
  isCurrent: boolean,
): Manifests {
  const byName = new Map<string, ManifestObject>();
  const problems: ManifestProblem[] = unreadable.map(({ path, message }) => ({
    kind: 'Unreadable',
    file: path,
    message: files.size === 0 ? message : `${message}; what a running server last read of it holds`,
  }));
  const ignored: IgnoredDocument[] = [];
  for (const { content, problems: fileProblems } of files.values()) {
    for (const problem of fileProblems) problems.push(problem);
    for (const problem of content.problems) problems.push(problem);
    for (const document of content.ignored) ignored.push(document);
    for (const object of content.objects) {
      const name = nameOf(object);
      const first = byName.get(name);
      if (first === undefined) byName.set(name, object);
      else problems.push(sameName(name, object, first));
    }
  }
  const objects = [...byName.values()];
  return {
    objects,
    resources: objects.map(({ resource }) => resource),
    problems,
    ignored,
    isCurrent,
    files,
    unreadable,
  };
}

const sameName = (name: string, object: ManifestObject, first: ManifestObject): ManifestProblem => ({
  kind: 'SameName',
  file: object.file,
  line: object.line,
  object: name,
  objectLine: object.line,
  message: `the same object is at ${formatPlace(first)}, which holds: rename or remove one of the two`,
});

/** Whether two readings say the same, their line numbers apart. */
export const saysTheSame = (a: Manifests, b: Manifests): boolean =>
  a === b ||
  (a.isCurrent === b.isCurrent &&
    a.resources.length === b.resources.length &&
    a.resources.every((resource, at) => resource === b.resources[at]) &&
    JSON.stringify(a.problems) === JSON.stringify(b.problems));
