import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import type { Permission } from '../core/access/permission.ts';
import { answerHooks } from './hook-conversation.ts';
import type { PushVerdict } from './push-verdict.ts';

const zero = '0'.repeat(40);
const [one, two] = ['1'.repeat(40), '2'.repeat(40)];
const write: Permission = { role: 'Write', grantedBy: 'grant', refRules: [] };
const maintain: Permission = { ...write, role: 'Maintain' };

function converse(permission: Permission = write, judgementTimeMs = 60_000, roomFor = Number.POSITIVE_INFINITY) {
  const [hook, ours] = duplexPair();
  const cancellation = new AbortController();
  const verdicts: PushVerdict[] = [];
  const problems: (readonly [problem: string, total: number])[] = [];
  const faults: unknown[] = [];
  const conversation = answerHooks({
    hook: ours,
    secret: 's3cret',
    permission,
    judgementTimeMs,
    reserve: (bytes) => bytes <= roomFor,
    cancellation: cancellation.signal,
    onJudged: (verdict) => void verdicts.push(verdict),
    onRefused(problem, total, cause) {
      problems.push([problem, total]);
      if (cause !== undefined) faults.push(cause);
    },
  });
  hook.setEncoding('utf8');
  /** What the server says up to and with the next `end`. */
  async function hearUntil(end: string): Promise<string> {
    let said = '';
    while (!said.endsWith(end)) {
      const chunk: string | null = hook.read(1) as string | null;
      if (chunk === null) await new Promise((resolve) => hook.once('readable', resolve));
      else said += chunk;
    }
    return said;
  }
  return {
    say: (text: string) => void hook.write(text),
    leave: () => void hook.end(),
    hearQuestion: () => hearUntil('\n'),
    hear: () => hearUntil('\n\n'),
    ...{ conversation, cancellation, verdicts, problems, faults },
  };
}

test('a new branch needs no question', async () => {
  const { say, hear, verdicts } = converse();
  say(`${zero} ${one} refs/heads/a\nend s3cret\n`);
  assert.equal(await hear(), 'ok\n\n');
  const created = { ref: 'refs/heads/a', old: zero, new: one, action: 'Create', allow: true, rule: 'grant' };
  assert.deepEqual(verdicts, [{ accepted: true, verdicts: [created], messages: [] }]);
});

for (const [answer, verdict, expected] of [
  ['yes', /^ok\n\n$/, []],
  ['no', /^refused\nrefused refs\/heads\/a: .*Maintain.*\(grant\)\nnothing of this push was kept\n\n$/, []],
  ['perhaps', /^refused\n/, [['Malformed', 1]]],
] as const)
  test(`the hook is asked whether a change is a fast-forward, and answers ${answer}`, async () => {
    const { say, hearQuestion, hear, problems } = converse();
    say(`${one} ${two} refs/heads/a\nend s3cret\n`);
    assert.equal(await hearQuestion(), `ancestor ${one} ${two}\n`);
    say(`${answer}\n`);
    assert.match(await hear(), verdict);
    assert.deepEqual(problems, expected);
  });

for (const [name, old, answer, expected] of [
  ['what is there', one, one, /^ok\n\n$/],
  ['what never was', one, `${one} missing`, /^refused\nthis push deletes a ref that is not what it is said to be/],
  ['nothing', zero, undefined, /^refused\nthis push deletes a ref that is not what it is said to be/],
] as const)
  test(`a deletion of ${name}`, async () => {
    const { say, hear, problems } = converse(maintain);
    say(`${old} ${zero} refs/heads/a\n${old} ${zero} refs/heads/b\nend s3cret\n`);
    if (answer !== undefined) {
      assert.equal(await hear(), `present\n${old}\n\n`);
      say(`${answer}\n`);
    }
    assert.match(await hear(), expected);
    assert.deepEqual(problems, answer === old ? [] : [['UnknownOldValue', 2]]);
  });

test('more changes than may be asked about are refused before git is asked', async () => {
  const { say, hear, problems } = converse();
  const changes = Array.from(
    { length: 1_001 },
    (_, index) => `${String(index).padStart(40, 'a')} ${two} refs/heads/${index}`,
  );
  say(`${changes.join('\n')}\nend s3cret\n`);
  assert.match(await hear(), /^refused\nthis push changes more than 1000 refs that may only move forward/);
  assert.deepEqual(problems, [['TooManyChanges', 1_001]]);
});

test('a verdict that takes too long is none: the hook hears nothing more', async () => {
  const { say, hearQuestion, leave, conversation, verdicts, problems } = converse(write, 50);
  say(`${one} ${two} refs/heads/a\nend s3cret\n`);
  await hearQuestion();
  while (problems.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  say('yes\n');
  leave();
  conversation.end();
  assert.equal(await conversation.readLanded(), undefined);
  assert.deepEqual([verdicts, problems], [[], [['TooSlow', 1]]]);
});

test('after a cancel every answer is no, in the words of who cancelled', async () => {
  const { say, hear, cancellation, verdicts, problems } = converse();
  cancellation.abort(new Error('your key was removed'));
  say(`${zero} ${one} refs/heads/a\nend s3cret\n`);
  assert.equal(await hear(), 'refused\nthe session was ended: your key was removed; nothing of this push was kept\n\n');
  assert.deepEqual([verdicts, problems], [[], [['Cancelled', 1]]]);
});

test('so is one that is being worked out', async () => {
  const { say, hearQuestion, hear, cancellation } = converse();
  say(`${one} ${two} refs/heads/a\nend s3cret\n`);
  await hearQuestion();
  say('yes\n');
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
  const { say, hear, verdicts, problems, faults } = converse(broken);
  say(`${zero} ${one} refs/heads/a\nend s3cret\n`);
  assert.equal(await hear(), 'refused\nthe push could not be judged; nothing of this push was kept\n\n');
  assert.deepEqual([verdicts, problems, faults], [[], [['Fault', 1]], [fault]]);
});

test('a name that hides lines refuses all', async () => {
  const { say, hear, problems } = converse();
  say(`${zero} ${one} refs/heads/x\n\n${one} ${two} refs/heads/main\nend s3cret\n`);
  assert.match(await hear(), /^refused\n/);
  assert.deepEqual(problems, [['Malformed', 0]]);
});

test('a list for which there is no room is refused, and may come again', async () => {
  const { say, hear, problems } = converse(write, 60_000, 100);
  say(`${zero} ${one} refs/heads/a-name-that-makes-the-list-too-long\nend s3cret\n`);
  assert.match(await hear(), /^refused\nmany refs are being pushed here now, try again later or push them in parts/);
  assert.deepEqual(problems, [['Busy', 0]]);
});

test('a git that ends before the verdict gets none, and nothing is told of it', async () => {
  const refs = Array.from({ length: 20_000 }, (_, index) => `${zero} ${one} refs/heads/${index}\n`);
  let seen = 0;
  // What is left of the judging, when git is gone, takes more than a turn.
  const patient = Object.defineProperty({ ...write }, 'refRules', {
    get() {
      seen += 1;
      if (seen === 1) setImmediate(() => conversation.end());
      return Array.from({ length: 50 }, () => ({ ...rule, actions: ['Create'] }));
    },
  });
  const rule = { rule: 'r', refs: ['refs/tags/**'], effect: 'Deny', enforcement: 'Enforce' };
  const { say, conversation, verdicts, problems, faults } = converse(patient);
  say(`${refs.join('')}end s3cret\n`);
  let before = -1;
  while (seen === 0 || seen > before) {
    before = seen;
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  }
  assert.ok(seen < refs.length, `${seen} refs were judged`);
  assert.deepEqual([verdicts, problems, faults], [[], [], []]);
});

test('fifty refused refs are named', async () => {
  const { say, hear, verdicts } = converse({ ...write, role: 'Read' });
  for (let index = 0; index < 2000; index++) say(`${zero} ${one} refs/heads/b${index}\n`);
  say('end s3cret\n');
  const verdict = await hear();
  assert.equal(verdict.match(/^refused refs/gm)?.length, 50);
  assert.match(verdict, /^and 1950 more$/m);
  assert.deepEqual([verdicts[0]?.verdicts.length, verdicts[0]?.accepted], [2000, false]);
});

test('what landed is what the hook says to its end, and unknown if it does not come to it', async () => {
  const update = `${zero} ${one} refs/heads/a\n`;
  for (const [said, expected] of [
    [`${update}end s3cret\n`, [{ old: zero, new: one, ref: 'refs/heads/a' }]],
    [update, undefined],
    ['', undefined],
  ] as const) {
    const { say, hear, leave, conversation } = converse();
    say(`${update}end s3cret\n`);
    await hear();
    say(said);
    leave();
    assert.deepEqual(await conversation.readLanded(), expected);
  }
});
