import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type Daemon, startDaemon } from './daemon.ts';
import { freePort } from './free-port.ts';
import { kubernetesPrograms } from './kubernetes-programs.ts';

export type Etcd = {
  readonly url: string;
  readonly daemon: Daemon;
  /** Forgets all revisions but the present one. */
  compact(): Promise<void>;
};

/** Starts an empty etcd of one member, with its data somewhere in `folder`, on a free port of 127.0.0.1. */
export async function startEtcd(folder: string): Promise<Etcd> {
  const data = mkdtempSync(join(folder, 'etcd-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  const flags = [
    `--data-dir=${data}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    '--listen-peer-urls=http://127.0.0.1:0',
    // What it holds is gone with the test: it need not survive the machine.
    '--unsafe-no-fsync',
    `--quota-backend-bytes=${8 * 1024 ** 3}`,
    '--log-level=warn',
  ];
  const daemon = startDaemon(join(await kubernetesPrograms(), 'etcd'), flags, `${data}.log`);
  const call = async (method: string, body: object): Promise<unknown> => {
    const response = await fetch(`${url}/v3/kv/${method}`, { method: 'POST', body: JSON.stringify(body) });
    const answer = await response.text();
    if (!response.ok) throw new Error(`etcd refused ${method}: ${answer}`);
    return JSON.parse(answer);
  };
  return {
    url,
    daemon,
    async compact() {
      const anyKey = Buffer.from('/').toString('base64');
      const { header } = (await call('range', { key: anyKey })) as { readonly header: { readonly revision: string } };
      await call('compaction', { revision: header.revision, physical: true });
    },
  };
}
