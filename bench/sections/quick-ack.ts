import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ratioFigure } from '../figure.ts';
import type { Section } from '../section.ts';
import { undoAtExit } from '../undo-at-exit.ts';
import type { LsRemoteTimes } from './ls-remote.ts';

const program = join(import.meta.dirname, '../ls-remote-times.ts');
const namespace = `git-ingress-bench-${process.pid}`;

const ip = (...args: readonly string[]): void => {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
};

/** Runs the measurement in a network of its own, where the receiver acknowledges every packet at once. */
const timeWithoutDelayedAcks = async (rounds: number): Promise<LsRemoteTimes> => {
  ip('netns', 'add', namespace);
  const remove = undoAtExit(() => ip('netns', 'delete', namespace));
  try {
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    for (const address of ['127.0.0.0/8', '127.0.0.1']) {
      const route = ['local', address, 'dev', 'lo', 'table', 'local', 'proto', 'kernel', 'scope', 'host'];
      ip('-n', namespace, 'route', 'change', ...route, 'src', '127.0.0.1', 'quickack', '1');
    }
    const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, program, String(rounds)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const times: LsRemoteTimes = JSON.parse(await text(child.stdout));
    await ended;
    return times;
  } finally {
    remove();
  }
};

const work = '`git ls-remote`, no delayed acknowledgements';

export const quickAck: Section = {
  name: 'quick-ack',
  works: [work],
  rounds: 41,
  measure: async ({ rounds }) => [ratioFigure(work, await timeWithoutDelayedAcks(rounds), { bound: 0.4, goal: 0.33 })],
};
