import { apiVersion } from '../core/api/metadata.ts';
import type { Kind } from '../core/api/resource.ts';
import type { ResourceType } from '../kubernetes/resource-type.ts';

const [group = '', version = ''] = apiVersion.split('/');
const ours = { group, version, namespaced: true };

/** The kinds that people write. */
export const resourceTypes: Readonly<Record<Kind, ResourceType>> = {
  GitUser: { ...ours, plural: 'gitusers', kind: 'GitUser' },
  SSHKey: { ...ours, plural: 'sshkeys', kind: 'SSHKey' },
  Repository: { ...ours, plural: 'repositories', kind: 'Repository' },
};

export const shardType: ResourceType = { ...ours, plural: 'accessindexshards', kind: 'AccessIndexShard' };
export const reportType: ResourceType = { ...ours, plural: 'gatewayreports', kind: 'GatewayReport' };

export const fieldManager = 'git-ingress-operator';
