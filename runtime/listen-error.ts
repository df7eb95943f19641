import { formatAddress, type TcpAddress } from './config/address.ts';
import { optionByField } from './config/options.ts';
import { explainSystemError, StartupError } from './startup-error.ts';

type Listener = {
  readonly address: TcpAddress;
  /** What would have been served there. */
  readonly service: 'HTTP' | 'SSH';
  /** The option that names the address. */
  readonly field: 'http.listen' | 'ssh.listen';
};

/** Why an address cannot be listened on, from Node's error, and what to do about it. */
export function explainListenError(error: unknown, { address, service, field }: Listener): StartupError {
  const why = `cannot listen on ${formatAddress(address)} for ${service}: ${explainSystemError(error)}`;
  const advice = adviseOn((error as NodeJS.ErrnoException).code, address);
  const { flag = '', variable = '' } = optionByField.get(field) ?? {};
  return new StartupError('ADDRESS_NOT_USABLE', `${why}: ${advice} with ${flag} HOST:PORT (or ${variable})`, {
    cause: error,
  });
}

function adviseOn(code: string | undefined, { port }: TcpAddress): string {
  if (code === 'EACCES' && port < 1_024) {
    return 'a port below 1024 takes root or CAP_NET_BIND_SERVICE; grant that, or choose a port from 1024 on';
  }
  return code === 'EADDRINUSE' ? 'end that one, or choose another address' : 'choose another address';
}
