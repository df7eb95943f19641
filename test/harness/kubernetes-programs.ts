import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const root = join(import.meta.dirname, '../..');
const answers = new Map<string, Promise<string>>();

/**
 * The folder that holds kube-apiserver, etcd, kube-controller-manager and kubectl. Where they have to be built first,
 * that takes minutes: `make test` sees to it before it starts any test. Throws, and says what to install, if they cannot be had.
 */
export const kubernetesPrograms = (): Promise<string> => ask('tooling/need-kubernetes.sh');

/** The path of Helm's program, under the same terms. */
export const helmProgram = (): Promise<string> => ask('tooling/need-helm.sh');

function ask(script: string): Promise<string> {
  const answer = answers.get(script) ?? runScript(script);
  answers.set(script, answer);
  return answer;
}

async function runScript(script: string): Promise<string> {
  const child = spawn(join(root, script), [], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (status !== 0) throw new Error(`${script} failed:\n${stderr}`);
  return stdout.trim();
}
