import { encodeString } from '../../../core/ssh/wire.ts';
import { encodeMessage, message } from '../../../gateway/ssh/wire-message.ts';
import type { ClientKey } from './client-key.ts';
import type { RawClient } from './raw-client.ts';

/** The steps of an honest client, for attacks that begin behind them. */

export const requestAuthenticationService = async (client: RawClient): Promise<void> => {
  client.send(encodeMessage(message.serviceRequest, 'ssh-userauth'));
  await client.receive(message.serviceAccept);
};

/** A `publickey` request with its signature left out: what is signed, once the session identifier is in front. */
export const buildSignedRequest = (key: Pick<ClientKey, 'algorithm' | 'blob'>, loginName = 'git'): Buffer =>
  encodeMessage(message.userauthRequest, loginName, 'ssh-connection', 'publickey', true, key.algorithm, key.blob);

/** Sends a proof and says whether the server took it. A connection that ends is a no. */
export const offerProof = async (client: RawClient, request: Buffer, signature: Buffer): Promise<boolean> => {
  client.send(Buffer.concat([request, encodeString(signature)]));
  try {
    const answer = await client.receive(message.userauthSuccess, message.userauthFailure, message.disconnect);
    return answer.readUInt8(0) === message.userauthSuccess;
  } catch {
    return false;
  }
};

export const login = async (client: RawClient, key: ClientKey, loginName = 'git'): Promise<boolean> => {
  await requestAuthenticationService(client);
  const request = buildSignedRequest(key, loginName);
  return offerProof(client, request, key.sign(Buffer.concat([encodeString(client.sessionId), request])));
};

export type OpenedChannel = { readonly id: number; readonly window: number };

/** Opens a session channel; undefined if the server refuses. */
export const openSession = async (
  client: RawClient,
  { window = 2_097_152, maximumPacket = 32_768, ourId = 0 } = {},
): Promise<OpenedChannel | undefined> => {
  client.send(encodeMessage(message.channelOpen, 'session', ourId, window, maximumPacket));
  const answer = await client.receive(message.channelOpenConfirmation, message.channelOpenFailure);
  if (answer.readUInt8(0) !== message.channelOpenConfirmation) return undefined;
  return { id: answer.readUInt32BE(5), window: answer.readUInt32BE(9) };
};

export const execute = (client: RawClient, channelId: number, command: string): boolean =>
  client.send(encodeMessage(message.channelRequest, channelId, 'exec', false, command));

/** Whether an attack should go on: it has not done its harm, its time is not over. */
export type GoOn = () => boolean;

/** Waits for as long as it may. */
export const linger = async (goOn: GoOn): Promise<void> => {
  while (goOn()) await new Promise((resolve) => setTimeout(resolve, 20));
};

/** Sends the same payloads over and over, as fast as the socket takes them. */
export const flood = async (client: RawClient, payloads: readonly Buffer[], goOn: GoOn): Promise<void> => {
  while (!client.ended && goOn()) {
    let room = true;
    for (let round = 0; room && round < 1000; round += 1) {
      for (const payload of payloads) room = client.send(payload);
    }
    // Whether or not there is room: the other clients in this process want their turn too.
    await new Promise((resolve) => setTimeout(resolve, room ? 0 : 5));
  }
};
