import assert from 'node:assert/strict';
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
