import { runTestCommand } from '../../../gateway/ssh/testing/commands.ts';
import { listenForTests } from '../../../gateway/ssh/testing/listen.ts';
import type { Sessions } from './unguarded.ts';

/** Our SSH server with the same commands. */
export const listenGuarded = async (hostKey: string, keyBlob: Buffer, sessions: Sessions): Promise<number> => {
  const server = await listenForTests({ hostKeys: [hostKey] }, [keyBlob], (connection) => {
    connection.onCommand = (channel, start) => {
      sessions.begun += 1;
      channel.closed.addEventListener('abort', () => {
        sessions.ended += 1;
      });
      runTestCommand(channel, start);
    };
  });
  return server.port;
};
