import { encodeUint32, WireReader } from '../../core/ssh/wire.ts';
import type { Authenticate, PublicKeyAttempt } from './connection.ts';
import { SshFault } from './fault.ts';
import { encodeMessage, message } from './wire-message.ts';

const maxLoginNameLength = 255;
const maxAlgorithmLength = 64;

export type UserauthOptions = {
  /** Failures before the connection ends; as many questions that were answered yes. */
  readonly maxAttempts: number;
  readonly sessionId: () => Buffer;
  readonly send: (payload: Buffer) => void;
  /** Told of the login name in each request, before anything is decided. */
  readonly onLoginName: (loginName: string) => void;
  readonly authenticate: Authenticate;
  /** SUCCESS has been sent. */
  readonly onSuccess: () => void;
};

/**
 * The authentication protocol (RFC 4252) with `publickey` as the only method. It keeps nothing from one attempt to the
 * next, so that no key and no name of an earlier one can ever stand behind a login.
 * @returns takes a message of 5, or of 50 to 79. Throws for what breaks the protocol, and for one attempt too many.
 */
export function createUserauth(options: UserauthOptions): (type: number, payload: Buffer) => void {
  const { send } = options;
  let serviceAccepted = false;
  let succeeded = false;
  let noneSeen = false;
  let failures = 0;
  let questions = 0;

  const receiveServiceRequest = (reader: WireReader): void => {
    const service = reader.name();
    if (serviceAccepted || service !== 'ssh-userauth') {
      throw new SshFault('SSH_PROTOCOL_ERROR', 'the client asked for a service that is not there');
    }
    serviceAccepted = true;
    send(encodeMessage(message.serviceAccept, service));
  };

  const fail = (counted: boolean): void => {
    if (counted) failures += 1;
    if (failures > options.maxAttempts) throw tooManyAttempts();
    send(encodeMessage(message.userauthFailure, 'publickey', false));
  };

  /** Would this key do? Nothing is proven by the question, so nothing is remembered of it. */
  const answerQuestion = (attempt: PublicKeyAttempt): void => {
    if (!options.authenticate(attempt)) {
      fail(true);
      return;
    }
    questions += 1;
    if (questions > options.maxAttempts) throw tooManyAttempts();
    send(encodeMessage(message.userauthPkOk, attempt.algorithm, attempt.keyBlob));
  };

  /** `reader` is at the method's own fields; `payload` is the whole message, which the signature covers. */
  const receivePublicKey = (reader: WireReader, payload: Buffer, loginName: string): void => {
    const hasSignature = reader.byte() !== 0;
    const algorithm = reader.name();
    const keyBlob = Buffer.from(reader.string());
    if (algorithm.length > maxAlgorithmLength) {
      throw new SshFault('SSH_PROTOCOL_ERROR', 'the name of an algorithm is too long');
    }
    if (!hasSignature) {
      reader.end();
      answerQuestion({ loginName, algorithm, keyBlob });
      return;
    }

    const signature = Buffer.from(reader.string());
    reader.end();
    const signed = payload.subarray(0, payload.length - 4 - signature.length);
    const sessionId = options.sessionId();
    const signedData = Buffer.concat([encodeUint32(sessionId.length), sessionId, signed]);
    const attempt: PublicKeyAttempt = { loginName, algorithm, keyBlob, proof: { signature, signedData } };
    if (!options.authenticate(attempt)) {
      fail(true);
      return;
    }
    succeeded = true;
    send(encodeMessage(message.userauthSuccess));
    options.onSuccess();
  };

  const receiveRequest = (reader: WireReader, payload: Buffer): void => {
    // RFC 4252 §5.1: requests that were on their way when we said yes.
    if (succeeded) return;
    if (!serviceAccepted) throw new SshFault('SSH_PROTOCOL_ERROR', 'the client logs in without the service for it');
    const rawLoginName = reader.string();
    if (rawLoginName.length > maxLoginNameLength) {
      throw new SshFault('SSH_PROTOCOL_ERROR', 'the login name is too long');
    }
    const loginName = rawLoginName.toString();
    options.onLoginName(loginName);
    if (reader.name() !== 'ssh-connection') {
      throw new SshFault('SSH_PROTOCOL_ERROR', 'the client wants to log in to a service that is not there');
    }
    const method = reader.name();
    if (method === 'publickey') {
      receivePublicKey(reader, payload, loginName);
      return;
    }
    // Every client begins with `none`, to hear what there is.
    const free = method === 'none' && !noneSeen;
    noneSeen ||= method === 'none';
    fail(!free);
  };

  return (type, payload) => {
    const reader = new WireReader(payload.subarray(1));
    if (type === message.serviceRequest) receiveServiceRequest(reader);
    else if (type === message.userauthRequest) receiveRequest(reader, payload);
    else throw new SshFault('SSH_PROTOCOL_ERROR', 'the client sent a message that does not belong to a login');
  };
}

const tooManyAttempts = (): SshFault => new SshFault('SSH_TOO_MANY_ATTEMPTS', 'too many authentication failures');
