import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const read = (file: string): string => readFileSync(join(import.meta.dirname, '..', file), 'utf8');

/** Unions of names that end up in the audit log, by the file that declares them. */
const unions: readonly [file: string, type: string][] = [
  ['gateway/events.ts', 'AttemptRefusal'],
  ['gateway/events.ts', 'LoginFailure'],
  ['gateway/events.ts', 'CommandRefusal'],
  ['gateway/events.ts', 'SessionTermination'],
  ['gateway/events.ts', 'SessionOutcome'],
  ['gateway/admission.ts', 'ConnectionRefusal'],
  ['core/access/decision.ts', 'DenyReason'],
  ['core/index/candidates.ts', 'LoginRefusal'],
];

const membersOf = (file: string, type: string): readonly string[] => {
  const declaration = new RegExp(`export type ${type} =([^;]*);`).exec(read(file))?.[1] ?? '';
  return [...declaration.matchAll(/'(\w+)'/g)].map(([, name = '']) => name);
};

describe('docs/audit-log.md', () => {
  const page = read('docs/audit-log.md');
  for (const [file, type] of unions) {
    it(`names every ${type}`, () => {
      const members = membersOf(file, type);
      assert.ok(members.length > 0);
      assert.deepEqual(
        members.filter((name) => !page.includes(`\`${name}\``)),
        [],
      );
    });
  }

  it('has a query that finds each ref which landed once, in whichever line it is', (context) => {
    const program = /Who pushed what.*?jq -rR '([^']*)'/s.exec(page)?.[1] ?? assert.fail('no query');
    const example = /^\{.*"msg":"session ended"\}$/m.exec(page)?.[0] ?? assert.fail('no example');
    const line = JSON.parse(example) as { time: string; push: { refs: { ref: string; landed: boolean }[] } };
    const [ref] = line.push.refs;
    const refs = [1, 2].map((number) => ({ ...ref, ref: `refs/heads/${number}` }));
    const more = { ...line, msg: 'refs changed', push: { refs: [...refs, { ...ref, landed: false }] } };
    const { error, stdout, stderr } = spawnSync('jq', ['-rR', program], {
      input: `no JSON\n${JSON.stringify(more)}\n${example}\n`,
      encoding: 'utf8',
    });
    if (error !== undefined) return context.skip('there is no jq');
    assert.equal(stderr, '');
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((row) => row.split('\t'));
    assert.deepEqual(
      rows.map(([time, , , , , name]) => [time, name]),
      ['refs/heads/1', 'refs/heads/2', 'refs/heads/main'].map((name) => [line.time, name]),
    );
  });

  it('names every message of the audit log', () => {
    const messages = [...read('gateway/event-log.ts').matchAll(/audit\.\w+\([^']*'([^']+)'\)/g)].map(
      ([, text = '']) => text,
    );
    assert.ok(messages.length >= 5, String(messages));
    assert.deepEqual(
      messages.filter((text) => !page.includes(`\`${text}\``)),
      [],
    );
  });
});
