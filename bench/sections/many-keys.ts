import { generateKeyPairSync } from 'node:crypto';
import { absoluteFigure, type Figure, formatMilliseconds, ratioFigure } from '../figure.ts';
import { runGit } from '../git-client.ts';
import { readResidentMemory } from '../process-table.ts';
import { interleave, type Section } from '../section.ts';
import { buildObject, type GitIngressServer, startGitIngress } from '../servers/git-ingress.ts';
import { median } from '../statistics.ts';

const manyKeys = 100_000;
const fewKeys = 10;
const keysPerUser = 10;

/** One file of users with ten keys each; the keys are real ones whose private halves nobody keeps. */
const buildKeys = (count: number): string => {
  const documents: string[] = [];
  for (let key = 0; key < count; key++) {
    const user = `user-${Math.floor(key / keysPerUser)}`;
    if (key % keysPerUser === 0) documents.push(buildObject('GitUser', user, '{}'));
    const spec = `\n  publicKey: ${makePublicKey()}\n  userRef:\n    name: ${user}`;
    documents.push(buildObject('SSHKey', `${user}-${key % keysPerUser}`, spec));
  }
  return documents.join('');
};

const wireString = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** A line of a public key file, as RFC 8709 encodes it. */
const makePublicKey = (): string => {
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  const blob = Buffer.concat([wireString(Buffer.from('ssh-ed25519')), wireString(Buffer.from(x ?? '', 'base64url'))]);
  return `ssh-ed25519 ${blob.toString('base64')}`;
};

const readyWork = `start to ready with ${manyKeys.toLocaleString('en')} keys in one file`;

export const manyKeysReady: Section = {
  name: 'ready',
  works: [readyWork],
  rounds: 5,
  measure: async ({ workspace, rounds }) => {
    const manifests = { 'keys.yaml': buildKeys(manyKeys) };
    const seconds: number[] = [];
    const memory: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const server = await startGitIngress(workspace, [], { manifests });
      seconds.push(server.readyAfter / 1000);
      memory.push(readResidentMemory(server.gatewayPid) / 1024);
      await server.stop();
    }
    const measured = `${median(memory).toFixed(0)} MiB of memory then`;
    return [absoluteFigure(readyWork, seconds, { measured, unit: 's', bound: 10 })];
  },
};

const loginWork = `\`git ls-remote\` with ${manyKeys.toLocaleString('en')} keys, against the same with ${fewKeys}`;

export const manyKeysLogin: Section = {
  name: 'login',
  works: [loginWork],
  rounds: 61,
  measure: async ({ workspace, rounds }) => {
    const start = (name: string, keys: number): Promise<GitIngressServer> =>
      startGitIngress(workspace, ['small'], { name, manifests: { 'keys.yaml': buildKeys(keys) } });
    const few = await start('few-keys', fewKeys);
    const many = await start('many-keys', manyKeys);
    try {
      const [reference, measured] = await interleave(rounds, [
        () => runGit(workspace, few, ['ls-remote', few.url('small')]),
        () => runGit(workspace, many, ['ls-remote', many.url('small')]),
      ]);
      const figure: Figure = ratioFigure(loginWork, { reference, measured }, { bound: 1.05 });
      return [
        {
          ...figure,
          reference: '',
          measured: `${formatMilliseconds(median(measured))}, against ${formatMilliseconds(median(reference))}`,
        },
      ];
    } finally {
      await Promise.all([few.stop(), many.stop()]);
    }
  },
};
