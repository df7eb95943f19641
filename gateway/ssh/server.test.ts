import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { generateHostKey } from '../../runtime/generate-host-key.ts';
import { cipherAlgorithms, keyExchangeAlgorithms } from './algorithms.ts';
import { nativeCryptoAvailable } from './internals.ts';
import { createSshServer } from './server.ts';
import { type TestServer, testServerOptions } from './testing/listen.ts';
import type { ClientKey } from './testing/openssh.ts';
import { createWorkbench } from './testing/workbench.ts';

const { openSsh, key, listen } = createWorkbench();

test('the native addon is built for this Node', () => {
  assert.ok(nativeCryptoAvailable());
});

describe('what is agreed upon', () => {
  let server: TestServer;
  before(async () => {
    server = await listen();
  });

  const agreements: readonly { option: string; field: 'cipher' | 'kex' | 'hostKey'; values: readonly string[] }[] = [
    { option: 'Ciphers', field: 'cipher', values: cipherAlgorithms },
    { option: 'KexAlgorithms', field: 'kex', values: keyExchangeAlgorithms },
    { option: 'HostKeyAlgorithms', field: 'hostKey', values: ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256'] },
  ];
  for (const { option, field, values } of agreements) {
    for (const value of values) {
      test(`${option}=${value}`, async () => {
        const input = Buffer.alloc(3_000_000, value);
        const result = await openSsh.run(server.port, key, ['echo'], { options: ['-o', `${option}=${value}`], input });
        assert.equal(result.stderr, '');
        assert.equal(result.status, 0);
        assert.ok(result.stdout.equals(input));
        assert.equal(server.connections.at(-1)?.algorithms?.[field], value);
      });
    }
  }

  const refusals = ['Ciphers=aes128-ctr', 'KexAlgorithms=diffie-hellman-group14-sha256', 'HostKeyAlgorithms=ssh-rsa'];
  for (const option of refusals) {
    test(`${option} is not`, async () => {
      const result = await openSsh.run(server.port, key, ['echo'], {
        options: ['-o', option, '-o', 'LogLevel=INFO'],
      });
      assert.equal(result.status, 255);
      assert.match(result.stderr, /no matching|Unable to negotiate/);
    });
  }

  test('compression is not', async () => {
    const result = await openSsh.run(server.port, key, ['exit', '3'], {
      options: ['-C', '-o', 'LogLevel=DEBUG1'],
    });
    assert.equal(result.status, 3);
    assert.match(result.stderr, /server->client cipher: \S+ MAC: <implicit> compression: none/);
  });

  test('the client is told the software version and strict key exchange, and tells its own', async () => {
    const result = await openSsh.run(server.port, key, ['exit', '0'], { options: ['-o', 'LogLevel=DEBUG3'] });
    assert.match(result.stderr, /remote software version git-ingress\r?\n/);
    assert.match(result.stderr, /will use strict KEX ordering/);
    assert.match(result.stderr, /server-sig-algs=<ssh-ed25519,ecdsa-sha2-nistp256,.*rsa-sha2-512,rsa-sha2-256>/);
    assert.match(server.connections.at(-1)?.clientVersion ?? '', /^OpenSSH_/);
  });
});

describe('login', () => {
  const clientKeys: readonly [string, ClientKey][] = [
    ['ed25519', key],
    ['ecdsa 256', openSsh.createKey('ecdsa', 256)],
    ['ecdsa 384', openSsh.createKey('ecdsa', 384)],
    ['ecdsa 521', openSsh.createKey('ecdsa', 521)],
    ['rsa 3072', openSsh.createKey('rsa', 3072)],
  ];
  let server: TestServer;
  before(async () => {
    server = await listen(
      { maxAttempts: 3 },
      clientKeys.map(([, { blob }]) => blob),
    );
  });

  for (const [name, clientKey] of clientKeys) {
    test(`with a key of type ${name}`, async () => {
      assert.equal((await openSsh.run(server.port, clientKey, ['exit', '5'])).status, 5);
    });
  }

  for (const algorithm of ['rsa-sha2-512', 'rsa-sha2-256']) {
    test(`with ${algorithm} as the client's only algorithm`, async () => {
      const [, rsa] = clientKeys.at(-1) as [string, ClientKey];
      const options = ['-o', `PubkeyAcceptedAlgorithms=${algorithm}`];
      assert.equal((await openSsh.run(server.port, rsa, ['exit', '5'], { options })).status, 5);
    });
  }

  test('a stranger is told that publickey is all there is', async () => {
    const result = await openSsh.run(server.port, openSsh.createKey('ed25519'), ['exit', '0']);
    assert.equal(result.status, 255);
    assert.match(result.stderr, /Permission denied \(publickey\)/);
  });

  test('the wrong keys may be tried so many times and no more', async () => {
    const wrong = ['-i', openSsh.createKey('ed25519').file];
    const twice = await openSsh.run(server.port, key, ['exit', '5'], { options: wrong });
    assert.equal(twice.status, 5);
    const fourWrong = Array.from({ length: 4 }, () => ['-i', openSsh.createKey('ed25519').file]).flat();
    const impatient = await openSsh.run(server.port, openSsh.createKey('ed25519'), ['exit', '5'], {
      options: fourWrong,
    });
    assert.equal(impatient.status, 255);
    assert.match(impatient.stderr, /[Tt]oo many authentication failures/);
  });

  test('passwords are refused without an end to the connection', async () => {
    const options = ['-o', 'PreferredAuthentications=password,keyboard-interactive,publickey'];
    assert.equal((await openSsh.run(server.port, key, ['exit', '5'], { options })).status, 5);
  });
});

describe('a server that cannot start says why', () => {
  const { privateKey, publicKey } = generateHostKey('ed25519');
  const cases: readonly { hostKeys: string[]; softwareVersion?: string; message: RegExp }[] = [
    { hostKeys: [], message: /there is no host key/ },
    { hostKeys: ['nonsense'], message: /cannot be read/ },
    { hostKeys: [publicKey], message: /is a public key/ },
    { hostKeys: [privateKey, generateHostKey('ed25519').privateKey], message: /two host keys of type ssh-ed25519/ },
    { hostKeys: [privateKey], softwareVersion: 'two words', message: /software version/ },
    { hostKeys: [privateKey], softwareVersion: 'a\r\nb', message: /software version/ },
  ];
  for (const { message, ...options } of cases) {
    test(String(message), () => {
      assert.throws(() => createSshServer({ ...testServerOptions, ...options }), { message });
    });
  }
});
