import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainListenError } from './listen-error.ts';

const rows: readonly [code: string, port: number, expected: string][] = [
  [
    'EADDRINUSE',
    2_222,
    'the address is in use by another program: end that one, or choose another address with --ssh-listen HOST:PORT (or GIT_INGRESS_SSH_LISTEN)',
  ],
  [
    'EACCES',
    22,
    'permission denied: a port below 1024 takes root or CAP_NET_BIND_SERVICE; grant that, or choose a port from 1024 on with --ssh-listen HOST:PORT (or GIT_INGRESS_SSH_LISTEN)',
  ],
  [
    'EACCES',
    2_222,
    'permission denied: choose another address with --ssh-listen HOST:PORT (or GIT_INGRESS_SSH_LISTEN)',
  ],
];
for (const [code, port, expected] of rows) {
  test(`${code} for port ${port} tells what to do`, () => {
    const { message } = explainListenError(Object.assign(new Error(code), { code }), {
      ...{ address: { host: '0.0.0.0', port }, service: 'SSH', field: 'ssh.listen' },
    });
    assert.equal(message, `cannot listen on 0.0.0.0:${port} for SSH: ${expected}`);
  });
}
