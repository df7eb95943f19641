/** What ended a connection that did not end in good order. The first two are the client's doing or the network's. */
export type SshFaultCode =
  /** The client broke the protocol, or the bytes were not authentic. */
  | 'SSH_PROTOCOL_ERROR'
  /** The stream ended without a good-bye, or the client's own DISCONNECT names an error. */
  | 'SSH_CONNECTION_LOST'
  /** The client did not agree to an algorithm or failed the key exchange. */
  | 'SSH_KEY_EXCHANGE_FAILED'
  /** The client asked for more than a bound allows. */
  | 'SSH_LIMIT_EXCEEDED'
  /** The client did not answer keepalives. */
  | 'SSH_KEEPALIVE_TIMEOUT'
  /** Our own code threw; see `cause`. */
  | 'SSH_HANDLER_FAILED';

export class SshFault extends Error {
  override readonly name = 'SshFault';
  readonly code: SshFaultCode;

  constructor(code: SshFaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
