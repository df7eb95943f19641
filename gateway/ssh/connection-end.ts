import type { Socket } from 'node:net';
import { SshFault, type SshFaultCode, toFault } from './fault.ts';
import { disconnectCode } from './wire-message.ts';

/** How long a client may take to read our DISCONNECT. */
const lingerMs = 2000;

/** What the client is told (RFC 4253 §11.1); `ProtocolError` where nothing is said here. */
const disconnectCodes: { readonly [Code in SshFaultCode]?: number } = {
  SSH_TOO_MANY_ATTEMPTS: disconnectCode.NoMoreAuthMethods,
  SSH_HANDLER_FAILED: disconnectCode.ByApplication,
  SSH_INTERNAL_ERROR: disconnectCode.ByApplication,
};

/** How clients that leave in good order say so (RFC 4253 §11.1). */
const goodByes: ReadonlySet<number> = new Set([
  disconnectCode.ByApplication,
  disconnectCode.AuthCancelledByUser,
  disconnectCode.NoMoreAuthMethods,
]);

/** The one way in which a connection ends, whoever ends it. Every method is repeatable; the first fault counts. */
export interface ConnectionEnd {
  /** Nothing more is taken from the client or sent to it. */
  isOver(): boolean;
  /** The client has sent a DISCONNECT. It listens no more: an answer would reset the stream. */
  leave(code: number, text: string): void;
  /** Sends a DISCONNECT, and ends. */
  disconnect(code: number, text: string): void;
  /** Tells the client of the fault, and ends. */
  fail(fault: SshFault): void;
  /** Closes the socket at once. */
  destroy(fault?: SshFault): void;
  /** The stream is about to close for this reason. */
  lose(fault: SshFault): void;
  /** Everything that the network, timers or other code start runs in here, so that nothing is ever uncaught. */
  guard(action: () => void): void;
}

export type ConnectionEndHooks = {
  readonly sendDisconnect: (code: number, text: string) => void;
  /** Stop taking and sending, give up what is held. Called once. */
  readonly onStop: () => void;
  /** The socket is closed. Called once, and last. */
  readonly onClosed: (fault: SshFault | undefined) => void;
};

export function createConnectionEnd(socket: Socket, hooks: ConnectionEndHooks): ConnectionEnd {
  let over = false;
  let fault: SshFault | undefined;
  let linger: NodeJS.Timeout | undefined;

  const stop = (cause?: SshFault): void => {
    if (over) return;
    over = true;
    fault ??= cause;
    hooks.onStop();
  };

  const destroy = (cause?: SshFault): void => {
    stop(cause);
    socket.destroy();
  };

  const end = (cause?: SshFault): void => {
    if (over) return;
    stop(cause);
    socket.end();
    // What the client still sends is read and thrown away: unread bytes would reset the stream under our DISCONNECT.
    socket.resume();
    linger = setTimeout(destroy, lingerMs);
  };

  const sayGoodBye = (code: number, text: string, cause?: SshFault): void => {
    if (over) return;
    try {
      hooks.sendDisconnect(code, text);
    } catch {
      // The ciphers may be what failed; the client then learns it from the end of the stream.
    }
    end(cause);
  };

  const fail = (cause: SshFault): void =>
    sayGoodBye(disconnectCodes[cause.code] ?? disconnectCode.ProtocolError, cause.message, cause);

  socket.on('close', () => {
    stop();
    clearTimeout(linger);
    hooks.onClosed(fault);
  });

  return {
    isOver: () => over,
    leave: (code, text) => {
      const said = `the client disconnected: ${code} ${JSON.stringify(text.slice(0, 200))}`;
      end(goodByes.has(code) ? undefined : new SshFault('SSH_CONNECTION_LOST', said));
    },
    disconnect: (code, text) => sayGoodBye(code, text),
    fail,
    destroy,
    lose: (cause) => {
      if (!over) fault ??= cause;
    },
    guard: (action) => {
      try {
        action();
      } catch (error) {
        fail(toFault(error));
      }
    },
  };
}
