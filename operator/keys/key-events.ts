import type { Logger } from 'pino';
import type { EventRecorder } from '../../kubernetes/event-recorder.ts';
import type { ObjectName } from '../../kubernetes/resource-type.ts';
import type { KeySecret } from './key-objects.ts';
import type { KeyAction, KeyProblem, KeyStep } from './key-plan.ts';

const notes: Readonly<Record<KeyStep | 'KeysMade', string>> = {
  KeysMade: 'there were none: new keys were made',
  KeysAdded: 'keys that were missing were made',
  RotationBegun: 'new keys were made; their public halves are being published',
  RotationPublished:
    'the new public keys are published; the new private keys are used when every server must have them',
  RotationHeldBack: 'the published keys were changed by somebody: they are published again, and the wait begins anew',
  RotationSwitched:
    'the new private keys are in use; the old public keys are withdrawn when every gateway must have them',
  RotationFinished: 'the old public keys were withdrawn',
};

export type KeyEvents = {
  readonly onAction: (action: KeyAction, secret: KeySecret | undefined) => void;
  readonly onProblem: (problem: KeyProblem, secret: KeySecret | undefined) => void;
};

/** Tells of one Secret, in the log and as events: names and reasons, never anything that it holds. */
export function createKeyEvents(log: Logger, events: EventRecorder, { namespace, name }: ObjectName): KeyEvents {
  const record = (type: 'Normal' | 'Warning', reason: string, note: string, secret: KeySecret | undefined): void =>
    events.record({
      regarding: { apiVersion: 'v1', kind: 'Secret', namespace, name, uid: secret?.uid ?? '' },
      ...{ type, reason, note },
      action: 'ManageKeys',
    });
  return {
    onAction(action, secret) {
      if (action.type === 'Publish') {
        log.info({ secret: name }, 'public keys published');
        return;
      }
      const step = action.type === 'MakeSecret' ? 'KeysMade' : action.step;
      log.info({ secret: name, step }, 'keys changed');
      record(step === 'RotationHeldBack' ? 'Warning' : 'Normal', step, notes[step], secret);
    },
    onProblem(problem, secret) {
      log.error({ secret: name, problem }, 'keys cannot be used: they are left as they are');
      record('Warning', problem.reason, problem.message, secret);
    },
  };
}
