import { parseArchiveRequest } from '../core/git/archive-request.ts';
import type { SshChannel } from './ssh/connection.ts';

/**
 * Holds back the first bytes of an archive session until its request is whole, and lets them through only if it asks
 * for nothing but an archive. Everything after that passes untouched.
 * @param onRefused is called instead, once, and nothing is let through.
 */
export function guardArchive(onData: SshChannel['onData'], onRefused: (why: string) => void): SshChannel['onData'] {
  let held = Buffer.alloc(0);
  let state: 'Holding' | 'Passing' | 'Refused' = 'Holding';
  return (bytes, release) => {
    if (state === 'Passing') return onData(bytes, release);
    if (state === 'Refused') return true;
    held = Buffer.concat([held, bytes]);
    release();
    const request = parseArchiveRequest(held);
    if (!request.ok) {
      state = 'Refused';
      onRefused(request.error);
      return true;
    }
    if (request.value === undefined) return true;
    state = 'Passing';
    return onData(held, () => {});
  };
}
