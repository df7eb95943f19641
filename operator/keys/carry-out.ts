import { generateKeyPairSync } from 'node:crypto';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import { isAlreadyExists } from '../../kubernetes/api-error.ts';
import { createApply } from '../../kubernetes/apply.ts';
import type { ObjectName } from '../../kubernetes/resource-type.ts';
import { generateHostKey } from '../../runtime/generate-host-key.ts';
import { fieldManager } from '../resource-types.ts';
import { configMapType, encodeData, type KeySecret, type PublishedKeys, secretType } from './key-objects.ts';
import type { KeyAction, NewKey } from './key-plan.ts';

/** Where keys are kept, and where their public halves are told. */
export type KeyPlaces = {
  readonly secret: ObjectName;
  readonly configMap: ObjectName;
  /** On both, where we make them. */
  readonly labels: Readonly<Record<string, string>>;
};

/**
 * Does what was planned, over exactly the versions that it was planned from: otherwise the API server refuses with
 * `Conflict`. So neither a person's edit of this moment is lost, nor can an operator that no longer leads undo anything.
 */
export async function carryOut(
  client: ApiClient,
  { secret: name, configMap, labels }: KeyPlaces,
  action: KeyAction,
  found: { readonly secret: KeySecret | undefined; readonly published: PublishedKeys | undefined },
  signal: AbortSignal,
): Promise<void> {
  switch (action.type) {
    case 'MakeSecret': {
      const data = encodeData(makeKeys(action.make));
      const object = { metadata: { ...name, labels }, type: 'Opaque', data };
      await client.create(secretType, object, { fieldManager, signal }).catch((error: unknown) => {
        // Somebody was quicker: theirs is the one.
        if (!isAlreadyExists(error)) throw error;
      });
      return;
    }
    case 'ChangeSecret': {
      const { make = [], data = {}, annotations = {} } = action.change;
      const metadata = { resourceVersion: found.secret?.resourceVersion, annotations };
      const patch = { metadata, data: encodeData({ ...data, ...makeKeys(make) }) };
      await client.mergePatch(secretType, name, patch, { fieldManager, signal });
      return;
    }
    case 'Publish': {
      const version = found.published && { resourceVersion: found.published.resourceVersion };
      const object = { metadata: { ...configMap, ...version, labels }, data: action.data };
      await createApply(client, fieldManager)(configMapType, object, { signal });
      return;
    }
  }
}

/** An RSA key holds up the process for a second or so, once in the life of an installation. */
const makeKeys = (keys: readonly NewKey[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    keys.map(({ kind, name }) => [name, kind === 'link' ? makeLinkKey() : generateHostKey(kind).privateKey]),
  );

const makeLinkKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
