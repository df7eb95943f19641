import { apiVersion } from '../../core/api/metadata.ts';
import type { ResourceType } from '../../kubernetes/resource-type.ts';

const [group = '', version = ''] = apiVersion.split('/');
const ours = { group, version, namespaced: true };

/** All that a gateway reads. */
export const shardType: ResourceType = { ...ours, plural: 'accessindexshards', kind: 'AccessIndexShard' };
/** All that a gateway writes: the one of its own name. */
export const reportType: ResourceType = { ...ours, plural: 'gatewayreports', kind: 'GatewayReport' };

export const fieldManager = 'git-ingress-gateway';
