import type { Scope } from './server-process.ts';

/**
 * A scope that ends with the file, whoever asks for it when: node's own `after`, called within a test or a hook, is of
 * that test or hook. To be made outside of both.
 */
export function createFileScope({ after }: Scope): Scope {
  const cleaners: (() => void | Promise<void>)[] = [];
  after(async () => {
    for (const clean of cleaners.toReversed()) await clean();
  });
  return { after: (clean) => void cleaners.push(clean) };
}
