import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overrun, type SessionLimits, type SessionProgress } from './session-limits.ts';

const limits: SessionLimits = {
  maxDuration: 3_600_000,
  idleTimeout: 0,
  requestTimeout: 90_000,
  pushTimeout: 1_800_000,
};
const fresh: SessionProgress = { verb: 'upload-pack', duration: 1, idle: 1, hasAsked: false };

const rows: readonly [string, Partial<SessionProgress>, Partial<SessionLimits>, string | undefined][] = [
  ['nothing at first', {}, {}, undefined],
  ['the duration, whatever goes on', { duration: 3_600_000, hasAsked: true }, {}, 'MaxDuration: … longer than 1h here'],
  ['silence', { idle: 600_000, hasAsked: true }, { idleTimeout: 600_000 }, 'IdleTimeout: … either way for 10m'],
  ['no request', { idle: 90_000 }, {}, 'RequestTimeout: … asked for within 90s'],
  ['no request for an archive', { idle: 90_000, verb: 'upload-archive' }, {}, 'RequestTimeout: … asked for within 90s'],
  ['a client that has asked may count', { idle: 3_599_999, hasAsked: true }, {}, undefined],
  ['a hook that runs before the push', { idle: 1_799_999, verb: 'receive-pack' }, {}, undefined],
  ['a hook without an end', { idle: 1_800_000, verb: 'receive-pack' }, {}, 'RequestTimeout: … asked for within 30m'],
  ['a push that has begun', { idle: 3_599_999, verb: 'receive-pack', hasAsked: true }, {}, undefined],
  ['refs that take long to list', { duration: 3_599_999 }, {}, undefined],
  [
    'no limit at all',
    { duration: 1e12, idle: 1e12 },
    { maxDuration: 0, idleTimeout: 0, requestTimeout: 0, pushTimeout: 0 },
    undefined,
  ],
];

for (const [name, progress, changed, expected] of rows) {
  test(`limits of a session: ${name}`, () => {
    const limit = overrun({ ...limits, ...changed }, { ...fresh, ...progress });
    const told = limit && `${limit.termination}: ${limit.why.replace(/^.* (?=(\S+ ){3}\S+$)/, '… ')}`;
    assert.equal(told, expected);
  });
}
