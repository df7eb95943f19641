import { isIP, isIPv6 } from 'node:net';

/** Where to listen on TCP; `host` is without brackets. Port 0 picks a free one. */
export type TcpAddress = { readonly host: string; readonly port: number };

/** Where the link listens: TCP, or a Unix socket's path. */
export type LinkAddress = TcpAddress | { readonly path: string };

const hostAndPort = /^(?:\[(?<ipv6>[^\]]+)\]|(?<host>[^:[\]]+)):(?<port>\d{1,5})$/;
const hostName = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** Parses `HOST:PORT`; an IPv6 host is in brackets. Undefined if it is anything else. */
export const parseTcpAddress = (text: string): TcpAddress | undefined => {
  const { ipv6, host, port } = hostAndPort.exec(text)?.groups ?? {};
  if (Number(port) > 65_535) return undefined;
  if (ipv6 !== undefined) return isIPv6(ipv6) ? { host: ipv6, port: Number(port) } : undefined;
  if (host === undefined || !hostName.test(host)) return undefined;
  // 10.0.0.300 would otherwise pass for a name, and fail only when it is looked up.
  if (/^[\d.]+$/.test(host) && isIP(host) === 0) return undefined;
  return { host, port: Number(port) };
};

/** Parses `unix:PATH` or `HOST:PORT`. */
export const parseLinkAddress = (text: string): LinkAddress | undefined => {
  if (!text.startsWith('unix:')) return parseTcpAddress(text);
  const path = text.slice('unix:'.length);
  return path === '' || path.includes('\0') ? undefined : { path };
};

/** The inverse of the two parsers: brackets for IPv6, `unix:` for a path. */
export const formatAddress = (address: LinkAddress): string => {
  if ('path' in address) return `unix:${address.path}`;
  return isIPv6(address.host) ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
};
