import type { Registry } from 'prom-client';
import { metricPrefix } from './metrics.ts';

/** What a component tells the process that started it, over Node's channel between the two. */
export type ChildMessage =
  | { readonly type: 'Listening' }
  /** It cannot start, and says why in words for people. */
  | { readonly type: 'Failed'; readonly message: string }
  | { readonly type: 'Metrics'; readonly text: string };

export type ParentMessage = { readonly type: 'AskMetrics' };

/** Does nothing in a process that was started by nobody of ours. */
export function tellParent(message: ChildMessage): void {
  // A parent that is gone is told of by 'disconnect'.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

/** Answers the parent's questions for metrics with our own, since it has those of its own process. */
export function answerParent(registry: Registry): void {
  if (!process.connected) return;
  process.on('message', (message: ParentMessage) => {
    if (message.type === 'AskMetrics') void ownMetrics(registry).then((text) => tellParent({ type: 'Metrics', text }));
  });
}

async function ownMetrics(registry: Registry): Promise<string> {
  const names = registry.getMetricsAsArray().map(({ name }) => name);
  const own = names.filter((name) => name.startsWith(metricPrefix) && name !== `${metricPrefix}build_info`);
  const texts = await Promise.all(own.map((name) => registry.getSingleMetricAsString(name)));
  return texts.map((text) => `${text}\n`).join('');
}
