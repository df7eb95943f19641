import { execFileSync } from 'node:child_process';
import { undoAtExit } from '../undo-at-exit.ts';

/**
 * Makes a system user as one would for git: its login shell is git-shell, so nothing else runs for a session, and no
 * shell's start-up files are read. Needs root. Returns its name, and what removes it.
 */
export const makeGitUser = (home: string): { readonly name: string; remove(): void } => {
  if (process.getuid?.() !== 0) throw new Error('sshd needs a user of its own for the comparison: run as root');
  const name = `git-bench-${process.pid}`;
  // A password of `*` can never match; with the usual `!` the account is locked, for keys too.
  const options = ['--system', '--no-create-home', '--home-dir', home, '--password', '*', '--user-group'];
  execFileSync('useradd', [...options, '--shell', '/usr/bin/git-shell', name]);
  return { name, remove: undoAtExit(() => execFileSync('userdel', ['--force', name], { stdio: 'ignore' })) };
};
