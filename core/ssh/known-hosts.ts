const sshPort = 22;

/**
 * The text of a known_hosts file (sshd(8)): one line for each host and key.
 * @param hosts `HOST` or `HOST:PORT` each, an IPv6 address in brackets where a port follows.
 * @param publicKeys `TYPE BASE64` each.
 */
export const formatKnownHosts = (hosts: readonly string[], publicKeys: readonly string[]): string =>
  hosts.flatMap((host) => publicKeys.map((key) => `${knownHostName(host)} ${key}\n`)).join('');

/** As ssh looks a host up: in lower case, with the port only where it is not 22. */
function knownHostName(text: string): string {
  const { host = text, port } = /^(?<host>\[[^\]]+\]|[^:]+):(?<port>\d+)$/.exec(text)?.groups ?? {};
  const name = host.replace(/^\[(.+)\]$/, '$1').toLowerCase();
  return port === undefined || Number(port) === sshPort ? name : `[${name}]:${port}`;
}
