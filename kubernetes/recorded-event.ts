import { createHash } from 'node:crypto';

export type EventSubject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
};

/** Something that a person would look for with `kubectl describe`. */
export type RecordedEvent = {
  readonly regarding: EventSubject;
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, as in conditions. */
  readonly reason: string;
  /** What was being done: CamelCase too. */
  readonly action: string;
  readonly note: string;
};

/** The same for an event and its repetitions, which differ in nothing but their time. */
export const keyOfEvent = ({ regarding, type, reason, action, note }: RecordedEvent): string =>
  createHash('sha256')
    .update(JSON.stringify([regarding.uid, regarding.kind, regarding.name, type, reason, action, note]))
    .digest('base64url');

/** The API server takes no more bytes. */
const maxNoteBytes = 1_024;

/** The beginning of a note, no character cut in two. */
export function cutNote(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= maxNoteBytes) return note;
  const cut = bytes.subarray(0, maxNoteBytes - Buffer.byteLength('…')).toString('utf8');
  return `${cut.replace(/\uFFFD$/, '')}…`;
}
