import { join } from 'node:path';
import { derivedUid } from '../../core/api/derived-uid.ts';
import { type Client, createClient, type Key, makeKey } from './client.ts';
import { gitUser, manifest, repository, sshKey } from './manifest.ts';
import { makeHome, type Scope, type Standalone, type StandaloneOptions, startStandalone } from './standalone.ts';

export type WorldOptions = Omit<StandaloneOptions, 'manifests'> & {
  /** Specs by name; each user has a key of the same name. All of this is in the namespace `team`. */
  readonly users?: Readonly<Record<string, object>>;
  /** Specs of further SSHKeys, without their public keys. */
  readonly keys?: Readonly<Record<string, object>>;
  readonly repositories?: Readonly<Record<string, object>>;
  readonly manifests?: Readonly<Record<string, string>>;
};

/** A running server, and people who use it. */
export type World = {
  readonly server: Standalone;
  readonly home: string;
  key(name: string): Key;
  /** OpenSSH and git with somebody's key. */
  client(name: string, extra?: readonly string[]): Client;
  /** The bare repository behind a Repository of `team`. */
  store(name: string): string;
};

/** Starts a server for users and repositories. Their manifests are `users/NAME.yaml`, `keys/NAME.yaml`, `repositories/NAME.yaml`. */
export async function startWorld(scope: Scope, options: WorldOptions): Promise<World> {
  const { users = {}, keys: furtherKeys = {}, repositories = {}, manifests = {}, ...others } = options;
  const home = options.home ?? makeHome();
  const keys = new Map<string, Key>();
  for (const name of [...Object.keys(users), ...Object.keys(furtherKeys)]) keys.set(name, await makeKey(home, name));
  const keyOf = (name: string): Key => {
    const key = keys.get(name);
    if (key === undefined) throw new Error(`nobody is called ${name}`);
    return key;
  };
  const files: Record<string, string> = { ...manifests };
  for (const [name, spec] of Object.entries(users)) {
    files[`users/${name}.yaml`] = manifest(gitUser(name, spec));
    files[`keys/${name}.yaml`] = manifest(sshKey(name, { publicKey: keyOf(name).publicKey, userRef: { name } }));
  }
  for (const [name, spec] of Object.entries(furtherKeys)) {
    files[`keys/${name}.yaml`] = manifest(sshKey(name, { publicKey: keyOf(name).publicKey, ...spec }));
  }
  for (const [name, spec] of Object.entries(repositories)) {
    files[`repositories/${name}.yaml`] = manifest(repository(name, spec));
  }
  const server = await startStandalone(scope, { ...others, home, manifests: files });
  return {
    server,
    home,
    key: keyOf,
    client: (name, extra) => createClient(server, keyOf(name), extra),
    store: (name) =>
      join(server.data, 'repositories', derivedUid('Repository', { namespace: 'team', name }), 'repository.git'),
  };
}
