import assert from 'node:assert/strict';
import { type ClientKey, createClientKey } from './client/client-key.ts';
import type { GoOn } from './client/steps.ts';
import { isHarmed, type Observation, observe } from './target/observe.ts';
import { startTarget, type Target, type TargetKind } from './target/start.ts';

/** What an attack is given: whom to attack, and the key of somebody who may log in there. */
export type Opponent = { readonly target: Target; readonly key: ClientKey };

/** Where attacks are tried first on an unguarded ssh2 server, and then on ours: only what harms the one tests the other. */
export type Arena = {
  /** A server of each kind; the unguarded one is made anew for each attack, ours has to stand them all. */
  against<Result>(kind: TargetKind, action: (opponent: Opponent) => Promise<Result>): Promise<Result>;
  /** For attacks on memory and on the time of others. */
  assertHarmless(attack: (opponent: Opponent, goOn: GoOn) => Promise<void>): Promise<void>;
  close(): Promise<void>;
};

/** Long enough for every attack to show what it does to an unguarded server on a busy machine. */
const unguardedLimit = 12_000;
const guardedLimit = 1000;

/** What the second attempt gives, unless the first was decisive. */
async function attempt(attack: () => Promise<Observation>, isDecisive: (seen: Observation) => boolean) {
  const first = await attack();
  return isDecisive(first) ? first : attack();
}

export const createArena = (): Arena => {
  const key = createClientKey();
  let guarded: Promise<Target> | undefined;

  const against: Arena['against'] = async (kind, action) => {
    if (kind === 'Guarded') {
      guarded ??= startTarget('Guarded', key);
      return action({ target: await guarded, key });
    }
    const target = await startTarget('Unguarded', key);
    try {
      return await action({ target, key });
    } finally {
      await target.stop();
    }
  };

  return {
    against,
    assertHarmless: async (attack) => {
      const attackOnce = (kind: TargetKind, limit: number): Promise<Observation> =>
        against(kind, (opponent) => observe(opponent.target, limit, (goOn) => attack(opponent, goOn)));
      // An attack that works, works again; a machine that stands still for a moment spoils one attempt.
      const unguarded = await attempt(() => attackOnce('Unguarded', unguardedLimit), isHarmed);
      assert.ok(isHarmed(unguarded), `the attack does not work: ${JSON.stringify(unguarded)}`);
      const ours = await attempt(
        () => attackOnce('Guarded', guardedLimit),
        (seen) => !isHarmed(seen) || !seen.alive,
      );
      assert.ok(!isHarmed(ours), `the server is harmed: ${JSON.stringify(ours)}`);
    },
    close: async () => (await guarded)?.stop(),
  };
};
