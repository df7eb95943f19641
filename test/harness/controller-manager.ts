import { join } from 'node:path';
import { type Daemon, startDaemon } from './daemon.ts';
import { kubernetesPrograms } from './kubernetes-programs.ts';

/** The controllers whose work shows without a node; those for nodes, workloads and volumes only cost time. */
const controllers = [
  'clusterrole-aggregation-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'root-ca-certificate-publisher-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'validatingadmissionpolicy-status-controller',
];

export type ControllerManagerOptions = {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly caFile: string;
  readonly serviceAccountKeyFile: string;
};

/** Starts kube-controller-manager. It needs a few seconds to begin, and half a minute to hear of new kinds. */
export async function startControllerManager(options: ControllerManagerOptions): Promise<Daemon> {
  const args = [
    `--kubeconfig=${options.kubeconfig}`,
    `--controllers=${controllers.join(',')}`,
    `--root-ca-file=${options.caFile}`,
    `--service-account-private-key-file=${options.serviceAccountKeyFile}`,
    '--use-service-account-credentials',
    '--leader-elect=false',
    // It serves nobody.
    '--secure-port=0',
  ];
  const program = join(await kubernetesPrograms(), 'kube-controller-manager');
  return startDaemon(program, args, join(options.folder, 'kube-controller-manager.log'));
}
