import type { TestEvent } from 'node:test/reporters';

/** How many tests of one `node --test` run had which outcome. */
export type TestCounts = { readonly passed: number; readonly failed: number; readonly skipped: number };

/** A reporter for `node --test`: writes the whole run's {@link TestCounts} as JSON, and nothing else. */
export default async function* testCounts(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    // Each file has a summary of its own; the one without a file sums them up.
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue;
    const { tests, passed, skipped, todo } = event.data.counts;
    // What is left failed or was cancelled.
    const counts: TestCounts = { passed, failed: tests - passed - skipped - todo, skipped: skipped + todo };
    yield JSON.stringify(counts);
  }
}
