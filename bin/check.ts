import type { CommandLine } from '../runtime/config/load-config.ts';
import type { ExitCode } from '../runtime/exit-codes.ts';
import { check as checkManifests } from '../standalone/check.ts';

export function check({ config, positionals }: CommandLine): Promise<ExitCode> {
  const { minimumRsaBits } = config.keys;
  const print = (text: string): unknown => process.stdout.write(`${text}\n`);
  return checkManifests({ paths: positionals, policy: { minimumRsaBits }, now: Date.now(), print });
}
