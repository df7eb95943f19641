/** Message numbers (RFC 4250 §4.1.2). Those below 50 that are missing here never leave ssh2. */
export const message = {
  disconnect: 1,
  ignore: 2,
  unimplemented: 3,
  debug: 4,
  serviceRequest: 5,
  serviceAccept: 6,
  extInfo: 7,
  kexInit: 20,
  userauthRequest: 50,
  userauthFailure: 51,
  userauthSuccess: 52,
  userauthPkOk: 60,
  globalRequest: 80,
  requestSuccess: 81,
  requestFailure: 82,
  channelOpen: 90,
  channelOpenConfirmation: 91,
  channelOpenFailure: 92,
  channelWindowAdjust: 93,
  channelData: 94,
  channelExtendedData: 95,
  channelEof: 96,
  channelClose: 97,
  channelRequest: 98,
  channelSuccess: 99,
  channelFailure: 100,
} as const;

/** SSH_EXTENDED_DATA_STDERR (RFC 4254 §5.2). */
export const extendedDataStderr = 1;

/** Why a channel is not opened (RFC 4254 §5.1). */
export const openFailure = {
  administrativelyProhibited: 1,
  unknownChannelType: 3,
  resourceShortage: 4,
} as const;

/** Reasons of a DISCONNECT (RFC 4253 §11.1). */
export const disconnectCode = {
  ProtocolError: 2,
  ServiceNotAvailable: 7,
  ByApplication: 11,
  TooManyConnections: 12,
  AuthCancelledByUser: 13,
  NoMoreAuthMethods: 14,
} as const;

type Field = number | boolean | string | Buffer;

function fieldLength(field: Field): number {
  if (typeof field === 'boolean') return 1;
  if (typeof field === 'number') return 4;
  return 4 + Buffer.byteLength(field);
}

/**
 * Builds a payload (RFC 4251 §5): a number becomes a uint32, text and bytes a string, a boolean one byte.
 * `type` is one of `message`.
 */
export function encodeMessage(type: number, ...fields: readonly Field[]): Buffer {
  const payload = Buffer.allocUnsafe(fields.reduce<number>((sum, field) => sum + fieldLength(field), 1));
  let offset = payload.writeUInt8(type);
  for (const field of fields) {
    if (typeof field === 'boolean') {
      offset = payload.writeUInt8(field ? 1 : 0, offset);
    } else if (typeof field === 'number') {
      offset = payload.writeUInt32BE(field, offset);
    } else {
      const bytes = typeof field === 'string' ? Buffer.from(field) : field;
      offset = payload.writeUInt32BE(bytes.length, offset);
      offset += bytes.copy(payload, offset);
    }
  }
  return payload;
}
