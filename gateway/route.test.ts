import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GitVerb } from '../core/git/command.ts';
import { routeCommand } from './route.ts';
import { candidatesIn, indexOf, publicKey, type Specs } from './testing/small-index.ts';

const grant = (role: string): object => ({ access: [{ role, subjects: [{ kind: 'User', name: 'alice' }] }] });

const specs: Specs = {
  'GitUser/alice': {},
  'SSHKey/laptop': { publicKey, userRef: { name: 'alice' } },
  'Repository/own': grant('Write'),
  'Repository/docs': grant('Read'),
  'Repository/secret': {},
  'Repository/frozen': { ...grant('Maintain'), readOnly: { message: 'moving' } },
};

const hidden = (path: string): string => `repository "${path}" does not exist, or you have no access to it`;

type Row = readonly [verb: GitVerb, path: string, reason: string | undefined, told: string | undefined];
const rows: readonly Row[] = [
  ['upload-pack', 'team/own', undefined, undefined],
  ['receive-pack', 'team/own', undefined, undefined],
  ['upload-archive', 'team/docs', undefined, undefined],
  ['receive-pack', 'team/docs', 'RoleTooLow', 'needs the role Write'],
  ['upload-pack', 'team/frozen', undefined, undefined],
  ['receive-pack', 'team/frozen', 'Frozen', 'read-only: moving'],
  ['upload-pack', 'team/absent', 'NotFound', hidden('team/absent')],
  ['upload-pack', 'team/secret', 'NoGrant', hidden('team/secret')],
  ['receive-pack', 'team/secret', 'NoGrant', hidden('team/secret')],
];

describe('a command', () => {
  const index = indexOf(specs);
  const candidates = candidatesIn(index);
  assert.ok(candidates.ok);
  for (const [verb, path, reason, told] of rows) {
    it(`${verb} ${path}: ${reason ?? 'goes to its repository'}`, () => {
      const route = routeCommand({ verb, path }, candidates.value, index);
      if (reason === undefined) {
        assert.ok(route.ok);
        assert.equal(route.value.repository.path, path);
        assert.equal(route.value.verb, verb);
        return;
      }
      assert.ok(!route.ok);
      assert.equal(route.error.reason, reason);
      assert.equal(route.error.exitStatus, 1);
      assert.ok(route.error.told.includes(told ?? ''), route.error.told);
    });
  }
});
