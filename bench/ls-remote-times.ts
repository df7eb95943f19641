/** Prints the times of ROUNDS `git ls-remote` as JSON: `ls-remote-times.ts ROUNDS`. Runs inside a network namespace. */
import { timeLsRemote } from './sections/ls-remote.ts';
import { createWorkspace } from './workspace.ts';

const workspace = createWorkspace();
try {
  process.stdout.write(JSON.stringify(await timeLsRemote(workspace, Number(process.argv[2]))));
} finally {
  workspace.remove();
}
