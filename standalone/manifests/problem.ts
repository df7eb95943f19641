/** What kept a file, or an object in it, from having its say. */
export type ManifestProblemKind =
  /** The folder, a folder in it, or a file cannot be read; what was last read of it holds. */
  | 'Unreadable'
  /** The file is no YAML; its last good objects hold, or, if it never was good, its other documents. */
  | 'NotYaml'
  /** The object is not well-formed; it is withdrawn. */
  | 'Invalid'
  /** Another object has the same kind, namespace and name; that one holds. */
  | 'SameName'
  /** The object is well-formed, but is not accepted next to the others; see its condition. */
  | 'NotAccepted';

export type ManifestProblem = {
  readonly kind: ManifestProblemKind;
  readonly file: string;
  /** From 1; absent when the whole file is meant. */
  readonly line?: number;
  /** E.g. `SSHKey team-a/alice-laptop`. */
  readonly object?: string;
  /** Where the object begins, which all problems of one object have in common; from 1. */
  readonly objectLine?: number;
  /** What is wrong, and what to do. */
  readonly message: string;
};

/** `FILE:LINE`, as compilers and editors write it. */
export const formatPlace = ({ file, line }: { readonly file: string; readonly line?: number | undefined }): string =>
  line === undefined ? file : `${file}:${line}`;

const identityOf = (problem: ManifestProblem): string => JSON.stringify(problem);

/** What changed from one reading to the next, so that each problem is told of once, and once more when it is solved. */
export function diffProblems(
  before: readonly ManifestProblem[],
  after: readonly ManifestProblem[],
): { readonly appeared: readonly ManifestProblem[]; readonly solved: readonly ManifestProblem[] } {
  const old = new Set(before.map(identityOf));
  const now = new Set(after.map(identityOf));
  return {
    appeared: after.filter((problem) => !old.has(identityOf(problem))),
    solved: before.filter((problem) => !now.has(identityOf(problem))),
  };
}
