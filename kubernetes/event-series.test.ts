import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventSeries } from './event-series.ts';
import { cutNote, keyOfEvent, type RecordedEvent } from './recorded-event.ts';

const build = (uid: string, note: string): RecordedEvent => ({
  regarding: { apiVersion: 'v1', kind: 'Widget', namespace: 'a', name: 'w'.repeat(253), uid },
  ...{ type: 'Normal', reason: 'Made', action: 'Make', note },
});

test('repetitions are counted, and after some minutes of silence a new series begins', () => {
  const series = createEventSeries();
  const event = build('u', 'note');
  const first = series.count('k', event, 0);
  assert.equal(series.count('k', event, 359_999), first);
  assert.deepEqual([first?.count, first?.firstAt, first?.lastAt], [2, 0, 359_999]);
  const later = series.count('k', event, 800_000);
  assert.notEqual(later, first);
  assert.equal(later?.count, 1);
  assert.notEqual(later?.name, first?.name);
  assert.ok((later?.name ?? '').length <= 253);
});

test('a long name is cut where a name may end', () => {
  const event = build('u', 'note');
  const name = `${'w'.repeat(218)}-.${'w'.repeat(30)}`;
  const series = createEventSeries().count('k', { ...event, regarding: { ...event.regarding, name } }, 0);
  assert.match(series?.name ?? '', /^w{218}\.[0-9a-f]{16}$/);
});

test('what is remembered is bounded', () => {
  const series = createEventSeries();
  for (let count = 0; count < 10_000; count++) series.count(`k${count}`, build(`u${count}`, ''), 0);
  assert.equal(series.get('k0'), undefined);
  assert.notEqual(series.get('k9999'), undefined);
});

test('events differ by all that a person reads', () => {
  assert.equal(keyOfEvent(build('u', 'a')), keyOfEvent(build('u', 'a')));
  const keys = [build('u', 'a'), build('u', 'b'), build('v', 'a'), { ...build('u', 'a'), reason: 'Lost' }];
  assert.equal(new Set(keys.map(keyOfEvent)).size, 4);
});

test('a note is cut between characters', () => {
  assert.equal(cutNote('a'.repeat(1_024)), 'a'.repeat(1_024));
  for (const text of ['a'.repeat(2_000), 'é'.repeat(2_000), `a${'é'.repeat(2_000)}`, '😀'.repeat(500)]) {
    const cut = cutNote(text);
    assert.ok(Buffer.byteLength(cut) <= 1_024 && Buffer.byteLength(cut) > 1_015);
    assert.doesNotMatch(cut, /\uFFFD/);
  }
});
