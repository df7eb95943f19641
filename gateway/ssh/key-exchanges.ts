import { SshFault } from './fault.ts';
import type { Transport } from './internals.ts';
import { createRekeySchedule } from './rekey-schedule.ts';

/** The key exchanges of one connection after its first, whoever asks for them. */
export interface KeyExchanges {
  /** Begins one if it is time. */
  beginIfDue(): void;
  /** The client asks for one. Throws if it may not. */
  receiveRequest(): void;
  /** Throws if the client does not finish the one that has begun. */
  checkTime(): void;
  /** The one that had begun has ended. */
  end(): void;
}

/**
 * @param limit new keys after so many bytes in both directions together, and after so much time.
 * @param traffic bytes in both directions since the start of the connection.
 * @param isLoggedIn before, there is the first exchange only: strangers get no more work out of us.
 */
export function createKeyExchanges(
  transport: Pick<Transport, 'isExchanging' | 'rekey'>,
  limit: { readonly bytes: number; readonly intervalMs: number },
  traffic: () => number,
  isLoggedIn: () => boolean,
): KeyExchanges {
  const schedule = createRekeySchedule(limit, traffic, () => performance.now());
  return {
    beginIfDue: () => {
      if (!isLoggedIn() || transport.isExchanging() || !schedule.isDue()) return;
      schedule.begin();
      transport.rekey();
    },
    receiveRequest: () => {
      if (!isLoggedIn()) throw new SshFault('SSH_PROTOCOL_ERROR', 'the client exchanges keys before its login');
      if (!transport.isExchanging() && !schedule.allowRequest()) {
        throw new SshFault('SSH_LIMIT_EXCEEDED', 'the client exchanges keys too often');
      }
      schedule.begin();
    },
    checkTime: () => {
      if (schedule.isOverdue()) {
        throw new SshFault('SSH_PROTOCOL_ERROR', 'the client does not finish a key exchange');
      }
    },
    end: schedule.end,
  };
}
