import type { GatewayServer } from '../../test/harness/gateway.ts';
import type { Scope, ServerProcess } from '../../test/harness/server-process.ts';
import type { Release } from './cluster.ts';
import { untilSettled } from './operator.ts';

export const gatewayCount = 3;

/** They listen then, and need not be ready. */
export const startGateways = async (scope: Scope, release: Release): Promise<readonly GatewayServer[]> => {
  const gateways: GatewayServer[] = [];
  for (let at = 0; at < gatewayCount; at++) gateways.push(await release.startGateway(scope, `gateway-${at}`));
  return gateways;
};

export type Installation = { readonly gateways: readonly GatewayServer[]; readonly operator: ServerProcess };

/** All components of a release, with nothing left to do. */
export const startInstallation = async (scope: Scope, release: Release): Promise<Installation> => {
  const gateways = await startGateways(scope, release);
  const operator = await release.startOperator(scope);
  await untilSettled(operator);
  return { gateways, operator };
};
