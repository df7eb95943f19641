import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { encodeString } from '../../core/ssh/wire.ts';
import { encodeMessage, message } from '../../gateway/ssh/wire-message.ts';
import { createArena } from './arena.ts';
import { type ClientKey, createClientKey } from './client/client-key.ts';
import { connectRawClient, type RawClient } from './client/raw-client.ts';
import { buildSignedRequest, login, offerProof, requestAuthenticationService } from './client/steps.ts';

const arena = createArena();
after(() => arena.close());

/** The proof's signature is for this connection, this request, and by this key, unless an attack says otherwise. */
const signedDataOf = (client: RawClient, request: Buffer): Buffer =>
  Buffer.concat([encodeString(client.sessionId), request]);

/** Tries to be somebody whose public key is all that is known; says whether that worked. */
type Forgery = (client: RawClient, victim: Pick<ClientKey, 'algorithm' | 'blob'>) => Promise<boolean>;

const forgeries: Readonly<Record<string, Forgery>> = {
  'a signature of zeros': (client, victim) => {
    const zeros = Buffer.concat([encodeString('ssh-ed25519'), encodeString(Buffer.alloc(64))]);
    return offerProof(client, buildSignedRequest(victim), zeros);
  },
  'an empty signature': (client, victim) => offerProof(client, buildSignedRequest(victim), Buffer.alloc(0)),
  'a good signature by another key': (client, victim) => {
    const request = buildSignedRequest(victim);
    return offerProof(client, request, createClientKey().sign(signedDataOf(client, request)));
  },
  "a question about the victim's key, and then a proof for one's own": async (client, victim) => {
    const question = encodeMessage(
      message.userauthRequest,
      'git',
      'ssh-connection',
      'publickey',
      false,
      victim.algorithm,
      victim.blob,
    );
    client.send(question);
    await client.receive(message.userauthPkOk, message.userauthFailure);
    const own = createClientKey();
    const request = buildSignedRequest(victim);
    const ownRequest = buildSignedRequest(own);
    return offerProof(client, request, own.sign(signedDataOf(client, ownRequest)));
  },
  'a good signature of another algorithm': (client, victim) => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const request = buildSignedRequest(victim);
    const bytes = sign('sha512', signedDataOf(client, request), privateKey);
    return offerProof(client, request, Buffer.concat([encodeString('rsa-sha2-512'), encodeString(bytes)]));
  },
};

describe('somebody who has only the public key', () => {
  for (const [name, forge] of Object.entries(forgeries)) {
    test(name, { timeout: 60_000 }, async () => {
      const attack = (kind: 'Unguarded' | 'Guarded'): Promise<boolean> =>
        arena.against(kind, async ({ target, key }) => {
          const client = await connectRawClient(target.port);
          try {
            await requestAuthenticationService(client);
            return await forge(client, { algorithm: key.algorithm, blob: key.blob });
          } finally {
            client.destroy();
          }
        });
      assert.equal(await attack('Unguarded'), true, 'the attack does not work');
      assert.equal(await attack('Guarded'), false);
    });
  }
});

describe('somebody who has seen a login', () => {
  const replays: Readonly<Record<string, (own: RawClient, other: RawClient, key: ClientKey) => Promise<boolean>>> = {
    'a signature for the session of another connection': (own, other, key) => {
      const request = buildSignedRequest(key);
      return offerProof(own, request, key.sign(signedDataOf(other, request)));
    },
    'a signature for another login name': (own, _other, key) => {
      const signed = key.sign(signedDataOf(own, buildSignedRequest(key, 'mallory')));
      return offerProof(own, buildSignedRequest(key, 'alice'), signed);
    },
  };
  for (const [name, replay] of Object.entries(replays)) {
    test(name, { timeout: 60_000 }, async () => {
      const attack = (kind: 'Unguarded' | 'Guarded'): Promise<boolean> =>
        arena.against(kind, async ({ target, key }) => {
          const [own, other] = await Promise.all([connectRawClient(target.port), connectRawClient(target.port)]);
          try {
            await requestAuthenticationService(own);
            return await replay(own, other, key);
          } finally {
            own.destroy();
            other.destroy();
          }
        });
      assert.equal(await attack('Unguarded'), true, 'the attack does not work');
      assert.equal(await attack('Guarded'), false);
    });
  }
});

describe('somebody who does not stop', () => {
  /** How many of `count` attempts, with a key each, one connection is allowed. */
  const tryKeys = (kind: 'Unguarded' | 'Guarded', count: number): Promise<number> =>
    arena.against(kind, async ({ target }) => {
      const client = await connectRawClient(target.port);
      await requestAuthenticationService(client);
      let answered = 0;
      try {
        for (; answered < count; answered += 1) {
          const { algorithm, blob } = createClientKey();
          client.send(
            encodeMessage(message.userauthRequest, 'git', 'ssh-connection', 'publickey', false, algorithm, blob),
          );
          await client.receive(message.userauthFailure);
        }
      } catch {
        // The server has had enough.
      } finally {
        client.destroy();
      }
      return answered;
    });

  test('one key after the other', { timeout: 60_000 }, async () => {
    assert.equal(await tryKeys('Unguarded', 200), 200, 'the attack does not work');
    assert.ok((await tryKeys('Guarded', 200)) <= 20);
  });

  /** How often strangers may make the server exchange keys, each time for milliseconds of its one thread. */
  const exchangeKeys = (kind: 'Unguarded' | 'Guarded', count: number): Promise<number> =>
    arena.against(kind, async ({ target }) => {
      const client = await connectRawClient(target.port);
      while (!client.ended && client.exchanges < count) {
        client.rekey();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      client.destroy();
      return client.exchanges;
    });

  test('one key exchange after the other', { timeout: 60_000 }, async () => {
    assert.equal(await exchangeKeys('Unguarded', 50), 50, 'the attack does not work');
    assert.equal(await exchangeKeys('Guarded', 50), 1);
  });

  test('an honest login is answered by both', { timeout: 60_000 }, async () => {
    for (const kind of ['Unguarded', 'Guarded'] as const) {
      await arena.against(kind, async ({ target, key }) => {
        const client = await connectRawClient(target.port);
        assert.equal(await login(client, key), true);
        client.destroy();
      });
    }
  });
});
