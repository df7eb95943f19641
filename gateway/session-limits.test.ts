import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overrun, type SessionLimits, type SessionProgress } from './session-limits.ts';

const limits: SessionLimits = { maxDuration: 3_600_000, idleTimeout: 600_000, requestTimeout: 90_000 };
const fresh: SessionProgress = { verb: 'upload-pack', duration: 1, idle: 1, bytesIn: 0 };

const rows: readonly [string, Partial<SessionProgress>, Partial<SessionLimits>, string | undefined][] = [
  ['nothing at first', {}, {}, undefined],
  ['the duration, whatever goes on', { duration: 3_600_000, bytesIn: 9 }, {}, 'MaxDuration: … longer than 1h here'],
  ['silence', { idle: 600_000, bytesIn: 9 }, {}, 'IdleTimeout: … either way for 10m'],
  ['no request', { idle: 90_000 }, {}, 'RequestTimeout: … asked for within 90s'],
  ['no request for an archive', { idle: 90_000, verb: 'upload-archive' }, {}, 'RequestTimeout: … asked for within 90s'],
  ['a client that has spoken may count', { idle: 599_999, bytesIn: 1 }, {}, undefined],
  ['a hook that runs before the push', { idle: 599_999, verb: 'receive-pack' }, {}, undefined],
  ['refs that take long to list', { duration: 599_999 }, {}, undefined],
  ['no limit at all', { duration: 1e12, idle: 1e12 }, { maxDuration: 0, idleTimeout: 0, requestTimeout: 0 }, undefined],
];

for (const [name, progress, changed, expected] of rows) {
  test(`limits of a session: ${name}`, () => {
    const limit = overrun({ ...limits, ...changed }, { ...fresh, ...progress });
    const told = limit && `${limit.termination}: ${limit.why.replace(/^.* (?=(\S+ ){3}\S+$)/, '… ')}`;
    assert.equal(told, expected);
  });
}
