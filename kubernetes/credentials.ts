import type { ConnectionOptions } from 'node:tls';

export type TlsMaterial = Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'servername' | 'rejectUnauthorized'
>;

/** What proves to the API server who we are, and to us who it is. */
export type Credentials = { readonly headers: Readonly<Record<string, string>>; readonly tls: TlsMaterial };
