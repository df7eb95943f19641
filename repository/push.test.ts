import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Permission } from '../core/access/permission.ts';
import type { PushReport } from '../core/link/push-report.ts';
import type { SessionOrder } from '../core/link/ticket-content.ts';
import { servePush } from './push.ts';

const zero = '0'.repeat(40);
const one = '1'.repeat(40);
const list = `${zero} ${one} refs/heads/a\nend s3cret\n`;

/** A push by a git that a test speaks for. */
function start(role: Permission['role']) {
  const [git, hook] = duplexPair();
  const reports: PushReport[] = [];
  let kept = 0;
  let released = false;
  const order: SessionOrder = {
    correlationId: 'c',
    repository: { namespace: 'team', name: 'app', uid: 'u', path: 'team/app', defaultBranch: 'main' },
    verb: 'receive-pack',
    identity: { kind: 'User', user: { namespace: 'team', name: 'alice' }, groups: [], access: 'ReadWrite' },
    permission: { role, grantedBy: 'grant', refRules: [] },
  };
  const push = servePush({
    ...{ order, hook, repository: '/nowhere', secret: 's3cret', judgementTimeMs: 60_000 },
    allowance: {
      reserve(bytes) {
        if (!released) kept += bytes;
        return !released;
      },
      release() {
        kept = 0;
        released = true;
      },
    },
    cancellation: new AbortController().signal,
    readRefs: () => assert.fail('git said what landed'),
    report: (report) => void reports.push(report),
    reportUnlisted: () => assert.fail('all of it is listed'),
    onTooSlow: () => assert.fail('too slow'),
    onEvent: () => {},
  });
  git.resume().write(list);
  const judged = async (): Promise<void> => {
    while (reports.length === 0) await sleep(5);
  };
  return { git, push, reports, judged, kept: () => kept };
}

test('of a push that is refused nothing is kept, though its git may go on for long', async () => {
  const { push, reports, judged, kept } = start('Read');
  await judged();
  assert.deepEqual([reports[0]?.accepted, kept()], [false, 0]);
  await push.settle(0);
  assert.equal(reports.length, 1);
});

test('of one that is accepted what its landing needs, until that is told', async () => {
  const { git, push, reports, judged, kept } = start('Write');
  await judged();
  assert.deepEqual([reports[0]?.accepted, reports[0]?.landed, kept()], [true, undefined, list.length]);
  git.end(list);
  await push.settle(0);
  assert.deepEqual([reports[1]?.landed, kept()], [1, 0]);
});

test('of one whose git ends unjudged nothing is kept or told', async () => {
  const { push, reports, kept } = start('Write');
  await push.settle(0);
  await sleep(0);
  assert.deepEqual([reports, kept()], [[], 0]);
});
