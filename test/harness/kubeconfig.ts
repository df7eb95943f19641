import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Who may log in to a test's API server: a user with a token. */
export type Identity = { readonly user: string; readonly groups: readonly string[]; readonly token: string };

export const makeIdentity = (user: string, groups: readonly string[]): Identity => ({
  user,
  groups,
  token: randomBytes(16).toString('hex'),
});

/** The file of kube-apiserver's `--token-auth-file`: CSV of token, user, UID and groups. */
export const tokenFile = (identities: readonly Identity[]): string =>
  identities.map(({ token, user, groups }) => `${token},${user},${user},"${groups.join(',')}"\n`).join('');

/** How somebody reaches an API server. */
export type Access = { readonly server: string; readonly caFile: string; readonly token: string };

/** Writes a kubeconfig, and gives its path. */
export function writeKubeconfig(folder: string, user: string, { server, caFile, token }: Access): string {
  const file = join(folder, `${encodeURIComponent(user)}.kubeconfig`);
  const cluster = { server, 'certificate-authority-data': readFileSync(caFile).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    'current-context': 'test',
  };
  // Another program may be reading it.
  const aside = `${file}.${randomBytes(4).toString('hex')}`;
  // kubeconfig files are YAML, and JSON is a part of that.
  writeFileSync(aside, JSON.stringify(config), { mode: 0o600 });
  renameSync(aside, file);
  return file;
}
