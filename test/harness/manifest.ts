/** Manifests as text. JSON is YAML, so nothing has to be quoted. */
export const manifest = (...objects: readonly object[]): string =>
  objects.map((object) => `${JSON.stringify(object)}\n`).join('---\n');

const object = (kind: string, name: string, spec: object, namespace: string): object => ({
  apiVersion: 'gitingress.dev/v1alpha1',
  kind,
  metadata: { namespace, name },
  spec,
});

export const gitUser = (name: string, spec: object = {}, namespace = 'team'): object =>
  object('GitUser', name, spec, namespace);

export const sshKey = (name: string, spec: object, namespace = 'team'): object =>
  object('SSHKey', name, spec, namespace);

export const repository = (name: string, spec: object = {}, namespace = 'team'): object =>
  object('Repository', name, spec, namespace);

/** An entry of `spec.access` for users of the repository's own namespace. */
export const grant = (role: 'Read' | 'Write' | 'Maintain', ...users: readonly string[]): object => ({
  role,
  subjects: users.map((name) => ({ kind: 'User', name })),
});
