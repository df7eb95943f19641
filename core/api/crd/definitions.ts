import { accessIndexShardSpec } from '../access-index-shard.ts';
import { gatewayReportSpec } from '../gateway-report.ts';
import { gitUserRules, gitUserSpec } from '../git-user.ts';
import { repositoryRules, repositorySpec } from '../repository.ts';
import { sshKeySpec } from '../ssh-key.ts';
import { gitUserStatus, repositoryStatus, sshKeyStatus } from '../status.ts';
import { buildCustomResourceDefinition, type Column, type KindDefinition } from './custom-resource-definition.ts';

const age: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const conditionColumn = (type: string): Column => ({
  name: type,
  type: 'string',
  jsonPath: `.status.conditions[?(@.type=="${type}")].status`,
});

/** Why it is accepted or not, in one word: `Duplicate`. */
const verdictColumn: Column = {
  name: 'Status',
  type: 'string',
  jsonPath: '.status.conditions[?(@.type=="Accepted")].reason',
};

const messageColumn = (type: string): Column => ({
  name: 'Message',
  type: 'string',
  jsonPath: `.status.conditions[?(@.type=="${type}")].message`,
  priority: 1,
});

/** The kinds that people write. */
export const publicKinds: readonly KindDefinition[] = [
  {
    kind: 'GitUser',
    plural: 'gitusers',
    shortNames: ['gu'],
    categories: ['gitingress'],
    spec: gitUserSpec,
    status: gitUserStatus,
    rules: gitUserRules,
    columns: [
      { name: 'Display Name', type: 'string', jsonPath: '.spec.displayName' },
      { name: 'Groups', type: 'string', jsonPath: '.spec.groups' },
      { name: 'Suspended', type: 'boolean', jsonPath: '.spec.suspended' },
      { name: 'Keys', type: 'integer', jsonPath: '.status.keys' },
      conditionColumn('Ready'),
      age,
      { name: 'Email', type: 'string', jsonPath: '.spec.email', priority: 1 },
      messageColumn('Ready'),
    ],
  },
  {
    kind: 'SSHKey',
    plural: 'sshkeys',
    shortNames: ['sk'],
    categories: ['gitingress'],
    spec: sshKeySpec,
    status: sshKeyStatus,
    columns: [
      // Of a deploy key, whose columns cannot hold a list, the first repository.
      { name: 'Owner', type: 'string', jsonPath: ".spec['userRef.name','repositoryRefs..name']" },
      { name: 'Fingerprint', type: 'string', jsonPath: '.status.fingerprint' },
      { name: 'Access', type: 'string', jsonPath: '.spec.access' },
      { name: 'Expires', type: 'string', jsonPath: '.spec.expiresAt' },
      verdictColumn,
      conditionColumn('Programmed'),
      age,
      messageColumn('Accepted'),
    ],
    selectableFields: ['.spec.userRef.name'],
  },
  {
    kind: 'Repository',
    plural: 'repositories',
    shortNames: ['repo'],
    categories: ['gitingress'],
    spec: repositorySpec,
    status: repositoryStatus,
    rules: repositoryRules,
    columns: [
      { name: 'Type', type: 'string', jsonPath: '.spec.type' },
      { name: 'URL', type: 'string', jsonPath: '.status.url' },
      { name: 'Default Branch', type: 'string', jsonPath: '.spec.defaultBranch' },
      verdictColumn,
      conditionColumn('Programmed'),
      age,
      { name: 'Path', type: 'string', jsonPath: '.spec.path', priority: 1 },
      { name: 'Read-only', type: 'string', jsonPath: '.spec.readOnly.message', priority: 1 },
      messageColumn('Accepted'),
    ],
    selectableFields: ['.spec.type', '.spec.path'],
  },
];

/** The kinds by which operator and gateways speak to each other. */
const internalKinds: readonly KindDefinition[] = [
  {
    kind: 'AccessIndexShard',
    plural: 'accessindexshards',
    spec: accessIndexShardSpec,
    columns: [age],
  },
  {
    kind: 'GatewayReport',
    plural: 'gatewayreports',
    spec: gatewayReportSpec,
    columns: [
      { name: 'Epoch', type: 'integer', jsonPath: '.spec.epoch' },
      { name: 'Revision', type: 'integer', jsonPath: '.spec.revision' },
      { name: 'Sessions', type: 'integer', jsonPath: '.spec.sessions' },
      age,
    ],
  },
];

/** The CustomResourceDefinitions of git-ingress, as documents. */
export const buildCustomResourceDefinitions = () =>
  [...publicKinds, ...internalKinds].map(buildCustomResourceDefinition);
