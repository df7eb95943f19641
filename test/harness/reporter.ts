import { decodeManifest, manifestName } from '../../core/index/manifest.ts';
import { reportType, shardType } from '../../operator/resource-types.ts';
import { type Cluster, releaseNamespace } from './cluster.ts';
import { connect } from './connect.ts';
import type { Scope } from './server-process.ts';

/** A gateway that does nothing but say that it has loaded the newest revision. */
export type Reporter = { pause(): void; resume(): void };

/** Reports, every 100 ms, until its scope ends. */
export function startReporter(scope: Scope, { server }: Cluster, name: string): Reporter {
  // Of its own: the test's client may be held up.
  const { client } = connect(scope, server.kubeconfig('admin'));
  let heartbeat = 0;
  let isPaused = false;
  let isBusy = false;
  const namespace = releaseNamespace;
  const report = async (): Promise<void> => {
    if (isPaused || isBusy) return;
    isBusy = true;
    try {
      const found = await client.get(shardType, { namespace, name: manifestName });
      const { data = '' } = (found?.spec ?? {}) as { data?: string };
      const manifest = decodeManifest(data);
      if (manifest === undefined) return;
      heartbeat += 1;
      const { epoch, revision } = manifest;
      const spec = { epoch, revision, heartbeat, sessions: 0 };
      await client.apply(reportType, { metadata: { namespace, name }, spec }, { fieldManager: 'test', force: true });
    } catch {
      // The API server may be away.
    } finally {
      isBusy = false;
    }
  };
  const timer = setInterval(() => void report(), 100);
  scope.after(() => clearInterval(timer));
  return {
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
    },
  };
}
