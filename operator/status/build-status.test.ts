import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSpec, type Resource } from '../../core/api/resource.ts';
import type { ObservedObject } from '../observed-object.ts';
import { planStatus, type StatusFacts } from './build-status.ts';

function observed(kind: Resource['kind'], spec: object, status: object | undefined = undefined): ObservedObject {
  const parsed = parseSpec(kind, 'alice', spec);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const metadata = { namespace: 'team', name: 'alice', uid: 'u' };
  return {
    ...{ kind, metadata, generation: 3, resourceVersion: '9', isPaused: false, isDeleting: false },
    resource: { kind, metadata, spec: parsed.value } as Resource,
    status: status === undefined ? '' : JSON.stringify(status),
  };
}

const accepted: StatusFacts = {
  finding: { reason: 'Accepted', message: '' },
  progress: { kind: 'Programmed' },
  keys: 2,
  hostName: 'git.example.com',
};
const [early, late] = [Date.parse('2026-01-01T00:00:00.500Z'), Date.parse('2026-02-01T00:00:00Z')];

describe('the status of an object', () => {
  it('is not written again when it says what it should, in whatever order', () => {
    const written = planStatus(observed('GitUser', {}), accepted, early);
    assert.deepEqual(written?.conditions[0]?.lastTransitionTime, '2026-01-01T00:00:00Z');
    const reversed = Object.fromEntries(Object.entries(written ?? {}).reverse());
    assert.equal(planStatus(observed('GitUser', {}, reversed), accepted, late), undefined);
  });

  it('keeps the time of a transition while the status is the same', () => {
    const before = planStatus(observed('SSHKey', key), accepted, early);
    const noted = { ...accepted, finding: { reason: 'Accepted' as const, message: 'log in as alice@' } };
    const [acceptance, programming] = planStatus(observed('SSHKey', key, before), noted, late)?.conditions ?? [];
    assert.equal(acceptance?.message, 'log in as alice@');
    assert.equal(acceptance?.lastTransitionTime, '2026-01-01T00:00:00Z');
    const lost = { ...accepted, progress: { kind: 'Loading' } as const };
    const [, later] = planStatus(observed('SSHKey', key, before), lost, late)?.conditions ?? [];
    assert.equal(programming?.status, 'True');
    assert.deepEqual([later?.status, later?.lastTransitionTime], ['False', '2026-02-01T00:00:00Z']);
  });

  it('says of which generation it speaks, and is written for each', () => {
    const before = planStatus(observed('GitUser', {}), accepted, early);
    const changed = { ...observed('GitUser', {}, before), generation: 4 };
    assert.equal(planStatus(changed, accepted, late)?.conditions[0]?.observedGeneration, 4);
  });

  it('of a suspended user is not ready', () => {
    const status = planStatus(observed('GitUser', { suspended: true }), accepted, early);
    assert.deepEqual([status?.conditions[0]?.status, status?.conditions[0]?.reason], ['False', 'Suspended']);
  });

  it('has a fingerprint, a number of keys, a URL', () => {
    assert.equal(planStatus(observed('GitUser', {}), accepted, early)?.keys, 2);
    assert.equal(planStatus(observed('Repository', {}), accepted, early)?.url, 'ssh://git@git.example.com/team/alice');
    assert.match(String(planStatus(observed('SSHKey', key), accepted, early)?.fingerprint), /^SHA256:/);
  });

  it('takes away fields that have no value any more: a URL that leads nowhere, or to another repository', () => {
    const before = planStatus(observed('Repository', {}), accepted, early);
    const taken = { reason: 'PathTaken', message: 'it belongs to another one' } as const;
    for (const facts of [{ hostName: undefined }, { finding: taken }])
      assert.equal(planStatus(observed('Repository', {}, before), { ...accepted, ...facts }, early)?.url, null);
  });

  it('has messages that an API server takes', () => {
    const long = { ...accepted, finding: { reason: 'Invalid' as const, message: 'x'.repeat(10_000) } };
    assert.equal(planStatus(observed('SSHKey', key), long, early)?.conditions[0]?.message.length, 4_096);
  });
});

const key = {
  publicKey: `ssh-ed25519 ${Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'), Buffer.alloc(32, 7)]).toString('base64')}`,
  userRef: { name: 'alice' },
};
