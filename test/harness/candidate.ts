/**
 * A process that wants to lead: `candidate.ts KUBECONFIG NAMESPACE IDENTITY`. While it leads, it prints `writing T` every
 * few milliseconds, T being the nanoseconds of the machine's steady clock before it asked whether it leads.
 */
import { pino } from 'pino';
import { createApiClient } from '../../kubernetes/api-client.ts';
import { connectCluster } from '../../kubernetes/connection.ts';
import { acquireLeadership } from '../../kubernetes/leader-election.ts';
import { createRestClient } from '../../kubernetes/rest-client.ts';
import { shortTiming } from './short-timing.ts';

const [kubeconfig = '', namespace = '', identity = ''] = process.argv.slice(2);
const ending = new AbortController();
process.on('SIGTERM', () => ending.abort());

const leadership = await acquireLeadership({
  client: createApiClient(createRestClient(connectCluster({ kubeconfig }))),
  lease: { namespace, name: 'leader' },
  ...{ identity, timing: shortTiming, signal: ending.signal, log: pino({ level: 'silent' }) },
});
if (leadership === undefined) process.exit(0);
console.log('leading');
leadership.lost.addEventListener('abort', () => console.log('lost'));
ending.signal.addEventListener('abort', () => void leadership.release().then(() => process.exit(0)));
setInterval(() => {
  const at = process.hrtime.bigint();
  if (leadership.isLeader()) console.log(`writing ${at}`);
}, 2);
