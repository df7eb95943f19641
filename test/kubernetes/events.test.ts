import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { createEventRecorder, type EventRecorder } from '../../kubernetes/event-recorder.ts';
import type { EventSubject, RecordedEvent } from '../../kubernetes/recorded-event.ts';
import { startApiServer } from '../harness/api-server.ts';
import { connect } from '../harness/connect.ts';
import { until } from '../harness/wait.ts';
import { createWidget, serveWidgets } from '../harness/widgets.ts';

const server = await startApiServer({ after }, { users: { nobody: [] } });
const { client } = connect({ after }, server.kubeconfig('admin'));
await serveWidgets(client);

type Recording = { readonly recorder: EventRecorder; readonly metrics: () => Promise<string> };

function startRecorder(context: TestContext, user = 'admin'): Recording {
  const registry = new Registry();
  const recorder = createEventRecorder({
    client: connect(context, server.kubeconfig(user)).client,
    ...{ controller: 'example.dev/test', instance: 'test-0', registry },
    log: pino({ level: 'silent' }),
  });
  context.after(() => recorder.close());
  return { recorder, metrics: () => registry.metrics() };
}

async function makeSubject(): Promise<EventSubject> {
  const namespace = await server.namespace();
  const { metadata, apiVersion, kind } = await createWidget(client, namespace, 'one');
  return { apiVersion, kind, namespace, name: 'one', uid: metadata.uid };
}

type CoreEvent = { readonly reason: string; readonly message: string; readonly series?: { readonly count: number } };

async function eventsIn(namespace: string): Promise<readonly CoreEvent[]> {
  const { stdout } = await server.mustKubectl(['-n', namespace, 'get', 'events', '-o', 'json']);
  return JSON.parse(stdout).items;
}

const build = (regarding: EventSubject, note = 'Another key is older.'): RecordedEvent => ({
  ...{ regarding, type: 'Warning', reason: 'Duplicate', action: 'Accept', note },
});

test('kubectl describe shows an event, and its repetitions as one', async (context) => {
  const { recorder } = startRecorder(context);
  const subject = await makeSubject();
  recorder.record(build(subject));
  await until('it is there', async () => (await eventsIn(subject.namespace)).length === 1);
  for (let count = 0; count < 4; count++) recorder.record(build(subject));
  await until('they are counted', async () => (await eventsIn(subject.namespace))[0]?.series?.count === 5);
  const { stdout } = await server.mustKubectl(['-n', subject.namespace, 'describe', 'widget', 'one']);
  assert.match(stdout, /Warning\s+Duplicate\s.*example\.dev\/test\s+Another key is older\./);
  assert.equal((await eventsIn(subject.namespace)).length, 1);
});

test('a long note is cut to what the API server takes', async (context) => {
  const { recorder } = startRecorder(context);
  const subject = await makeSubject();
  recorder.record(build(subject, 'ä'.repeat(2_000)));
  const [event] = await until('it is there', async () => {
    const events = await eventsIn(subject.namespace);
    return events.length > 0 && events;
  });
  assert.match(event?.message ?? '', /^ä{510}…$/);
});

test('many different events of one object are bounded, and nobody else’s suffer', async (context) => {
  const { recorder, metrics } = startRecorder(context);
  const noisy = await makeSubject();
  const quiet = await makeSubject();
  for (let count = 0; count < 100; count++) recorder.record(build(noisy, `note ${count}`));
  recorder.record(build(quiet));
  await until('the quiet one is told', async () => (await eventsIn(quiet.namespace)).length === 1);
  assert.equal((await eventsIn(noisy.namespace)).length, 25);
  assert.match(await metrics(), /git_ingress_events_dropped_total\{reason="object_limit"\} 75/);
});

test('an event that the API server refuses is counted, and harms nothing', async (context) => {
  const { recorder, metrics } = startRecorder(context, 'nobody');
  recorder.record(build(await makeSubject()));
  await until('it is counted', async () => (await metrics()).includes('dropped_total{reason="not_written"} 1'));
});
