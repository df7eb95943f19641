/** A repository server in a process of its own, so that a test can kill it. Options come as JSON in its argument. */
import { writeFileSync } from 'node:fs';
import pino from 'pino';
import { Registry } from 'prom-client';
import { runRepository } from '../../repository/main.ts';

type Options = {
  readonly path: string;
  readonly dataDir: string;
  readonly publicKey: string;
  readonly hooksDir?: string;
};
const { path, dataDir, publicKey, hooksDir } = JSON.parse(process.argv[2] ?? '') as Options;
const linkKeys = `${path}.pem`;
writeFileSync(linkKeys, publicKey);
const drain = new AbortController();
process.on('SIGTERM', () => drain.abort());
await runRepository(
  {
    listen: { path },
    dataDir,
    podName: 'pool-0',
    linkKeys,
    maxSessions: 16,
    maxQueued: 16,
    gracePeriod: 5_000,
    maxGitMemory: 0,
    ...(hooksDir !== undefined && { hooksDir }),
    log: pino({ level: 'silent' }),
    registry: new Registry(),
  },
  drain.signal,
  new AbortController().signal,
  () => console.log('listening'),
);
