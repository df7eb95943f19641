import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import type { Permission } from '../core/access/permission.ts';
import type { PushReport } from '../core/link/push-report.ts';
import { answerHook } from './hook-conversation.ts';

const zero = '0'.repeat(40);
const [one, two] = ['1'.repeat(40), '2'.repeat(40)];
const write: Permission = { role: 'Write', grantedBy: 'grant', refRules: [] };

function converse(permission: Permission = write) {
  const [hook, channel] = duplexPair();
  const cancellation = new AbortController();
  const reports: PushReport[] = [];
  const problems: string[] = [];
  const faults: unknown[] = [];
  answerHook({
    channel,
    secret: 's3cret',
    permission,
    cancellation: cancellation.signal,
    onJudged: (report) => void reports.push(report),
    onRefused: (problem) => void problems.push(problem),
    onFault: (cause) => void faults.push(cause),
  });
  hook.setEncoding('utf8');
  /** What the server says up to and with the next empty line. */
  async function hear(): Promise<string> {
    let said = '';
    while (!said.endsWith('\n\n') && said !== '\n') {
      const chunk: string | null = hook.read(1) as string | null;
      if (chunk === null) await new Promise((resolve) => hook.once('readable', resolve));
      else said += chunk;
    }
    return said;
  }
  return { say: (text: string) => void hook.write(text), hear, cancellation, reports, problems, faults };
}

test('a new branch needs no question', async () => {
  const { say, hear, reports } = converse();
  say(`${zero} ${one} refs/heads/a\nend s3cret\n`);
  assert.equal(await hear(), '\n');
  assert.equal(await hear(), 'ok\n\n');
  assert.deepEqual(reports, [
    {
      accepted: true,
      total: 1,
      refs: [{ ref: 'refs/heads/a', old: zero, new: one, action: 'Create', allow: true, rule: 'grant' }],
    },
  ]);
});

for (const [answer, verdict] of [
  ['update', /^ok\n\n$/],
  ['rewind', /^refused\nrefused refs\/heads\/a: .*Maintain.*\(grant\)\nnothing of this push was kept\n\n$/],
  ['yes', /^refused\n/],
] as const)
  test(`a change that git calls "${answer}"`, async () => {
    const { say, hear } = converse();
    say(`${one} ${two} refs/heads/a\nend s3cret\n`);
    assert.equal(await hear(), `${one} ${two}\n\n`);
    say(`${answer}\n`);
    assert.match(await hear(), verdict);
  });

test('after a cancel every answer is no, in the words of who cancelled', async () => {
  const { say, hear, cancellation, reports, problems } = converse();
  cancellation.abort(new Error('your key was removed'));
  say(`${zero} ${one} refs/heads/a\nend s3cret\n`);
  assert.equal(await hear(), '\n');
  assert.equal(await hear(), 'refused\nthe session was ended: your key was removed; nothing of this push was kept\n\n');
  assert.deepEqual([reports, problems], [[], ['Cancelled']]);
});

test('so is one that is being worked out', async () => {
  const { say, hear, cancellation } = converse();
  say(`${one} ${two} refs/heads/a\nend s3cret\n`);
  await hear();
  say('update\n');
  cancellation.abort(new Error('the client went away'));
  assert.match(await hear(), /^refused\nthe session was ended: the client went away/);
});

test('a push that cannot be judged is refused, and the fault told', async () => {
  const fault = new Error('a fault in the rules');
  const broken = Object.defineProperty({ ...write }, 'refRules', {
    get() {
      throw fault;
    },
  });
  const { say, hear, reports, problems, faults } = converse(broken);
  say(`${zero} ${one} refs/heads/a\nend s3cret\n`);
  assert.equal(await hear(), '\n');
  assert.equal(await hear(), 'refused\nthe push could not be judged; nothing of this push was kept\n\n');
  assert.deepEqual([reports, problems, faults], [[], [], [fault]]);
});

test('a name that hides lines refuses all', async () => {
  const { say, hear, problems } = converse();
  say(`${zero} ${one} refs/heads/x\n\n${one} ${two} refs/heads/main\nend s3cret\n`);
  assert.equal(await hear(), '\n');
  assert.match(await hear(), /^refused\n/);
  assert.deepEqual(problems, ['Malformed']);
});

test('fifty refused refs are named, a thousand reported', async () => {
  const { say, hear, reports } = converse({ ...write, role: 'Read' });
  for (let index = 0; index < 2000; index++) say(`${zero} ${one} refs/heads/b${index}\n`);
  say('end s3cret\n');
  await hear();
  const verdict = await hear();
  assert.equal(verdict.match(/^refused refs/gm)?.length, 50);
  assert.match(verdict, /^and 1950 more$/m);
  assert.deepEqual([reports[0]?.total, reports[0]?.refs.length, reports[0]?.accepted], [2000, 1000, false]);
});
