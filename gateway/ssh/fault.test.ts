import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WireReader } from '../../core/ssh/wire.ts';
import { asOurs, asOwner, SshFault } from './fault.ts';

const readPastEnd = (): unknown => new WireReader(Buffer.alloc(0)).uint32();

const misuse = (): unknown => (undefined as unknown as { name: string }).name;

const limit = new SshFault('SSH_LIMIT_EXCEEDED', 'too much');
const exceed = (): unknown => {
  throw limit;
};

describe('whose fault it is', () => {
  const cases = [
    { name: 'a malformed message', run: asOurs, action: readPastEnd, code: 'SSH_PROTOCOL_ERROR' },
    { name: 'a bug of ours', run: asOurs, action: misuse, code: 'SSH_INTERNAL_ERROR' },
    { name: "a bug of the owner's", run: asOwner, action: misuse, code: 'SSH_HANDLER_FAILED' },
    { name: 'bytes that the owner cannot read', run: asOwner, action: readPastEnd, code: 'SSH_HANDLER_FAILED' },
    { name: 'a fault that is known already', run: asOwner, action: exceed, code: 'SSH_LIMIT_EXCEEDED' },
  ] as const;
  for (const { name, run, action, code } of cases) {
    test(name, () => {
      assert.throws(() => run(action), { name: 'SshFault', code });
    });
  }

  test('the cause is kept', () => {
    assert.throws(
      () => asOurs(misuse),
      (fault: SshFault) => fault.cause instanceof TypeError,
    );
  });
});
