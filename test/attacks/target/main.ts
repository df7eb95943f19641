/**
 * A server in a process of its own, so that an attack can end it: `main.ts Guarded|Unguarded KEY_BLOB_IN_BASE64`.
 * Sends its port to the parent, and answers each message with its sessions.
 */
import { generateHostKey } from '../../../runtime/generate-host-key.ts';
import type { Sessions } from './unguarded.ts';

const [, , kind, keyBlob = ''] = process.argv;
const sessions: Sessions = { begun: 0, ended: 0 };
const hostKey = generateHostKey('ed25519').privateKey;
const blob = Buffer.from(keyBlob, 'base64');
const port =
  kind === 'Guarded'
    ? await (await import('./guarded.ts')).listenGuarded(hostKey, blob, sessions)
    : await (await import('./unguarded.ts')).listenUnguarded(hostKey, blob, sessions);
process.send?.({ port });
process.on('message', () => process.send?.({ sessions }));
process.on('disconnect', () => process.exit(0));
