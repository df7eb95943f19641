import { type Client, createClient, type Key } from '../../test/harness/client.ts';
import type { GatewayServer } from '../../test/harness/gateway.ts';
import type { Running } from '../../test/harness/run.ts';
import { until } from '../../test/harness/wait.ts';

/** One set of algorithms, as in the rest of the bench. */
const algorithms = ['-c', 'aes128-gcm@openssh.com', '-o', 'KexAlgorithms=curve25519-sha256'];

/** OpenSSH with one key against one gateway. */
export const clientOf = (gateway: GatewayServer, key: Key): Client => createClient(gateway, key, algorithms);

const patienceMs = 60_000;

/** Before a login, or just after one that came in the last moment. */
const refusals = /Permission denied|your key was removed|your user is suspended/;

/** Logs in again and again until it succeeds; gives when the first ssh that did had ended, as performance.now() does. */
export const untilAccepted = (client: Client): Promise<number> => untilAnswer(client, true);

/** The same until the key is refused. */
export const untilRefused = (client: Client): Promise<number> => untilAnswer(client, false);

const untilAnswer = async (client: Client, wanted: boolean): Promise<number> => {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const { status, stderr } = await client.ssh([]);
    const isRefused = status !== 0 && refusals.test(stderr);
    if (status !== 0 && !isRefused) throw new Error(`ssh ended with ${status}: ${stderr}`);
    const now = performance.now();
    if (isRefused !== wanted) return now;
    if (now > deadline) throw new Error(`nobody was ${wanted ? 'accepted' : 'refused'} in time`);
  }
};

/** Opens a session that lasts until somebody ends it, and waits until git answers in it. */
export const openSession = async (client: Client, repository: string): Promise<Running> => {
  const session = client.startSsh([`git-upload-pack '${repository}'`], { timeout: patienceMs });
  await until('git answers', () => {
    if (!session.isRunning) throw new Error(`a session ended early: ${session.stderr}`);
    return session.stdout !== '';
  });
  return session;
};
