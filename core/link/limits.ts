/** How often a gateway says `ping` on a control connection, in milliseconds. */
export const heartbeatIntervalMs = 5_000;

/** Heartbeats without a byte from the other side after which it counts as dead. */
export const maxMissedHeartbeats = 2;

/** Bytes of stderr that a server may send for a session before the gateway grants more. */
export const stderrCredit = 64 * 1024;

/** Bytes of a control connection that may wait to be sent: the other side of it that does not read these is none. */
export const maxUnsent = 16 * 1024 * 1024;

/** Bytes of a frame from a gateway: a ticket and its envelope. */
export const maxGatewayFrame = 128 * 1024;

/** Bytes of a frame from a server: the list of a push's refs, or 64 KiB of stderr, and to spare. */
export const maxServerFrame = 1024 * 1024;
