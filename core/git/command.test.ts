import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { type CommandProblem, type GitVerb, parseCommand } from './command.ts';
import { isValidRepositoryPath } from './repository-path.ts';

describe('parseCommand', () => {
  const good: readonly (readonly [string, string, GitVerb, string])[] = [
    ['git, scp form', "git-upload-pack 'team/app.git'", 'upload-pack', 'team/app'],
    ['git, URL', "git-receive-pack '/team/app.git'", 'receive-pack', 'team/app'],
    ['git, URL with a slash', "git-receive-pack '/team/app/'", 'receive-pack', 'team/app'],
    ['git archive', "git-upload-archive '/team/app'", 'upload-archive', 'team/app'],
    ['git before 1.6', "git upload-pack 'team/app'", 'upload-pack', 'team/app'],
    ['any blanks', ' git \t receive-pack\tteam/app  ', 'receive-pack', 'team/app'],
    ['libgit2', "git-upload-pack '/team/app.git'", 'upload-pack', 'team/app'],
    ['libgit2, own setting', "git-receive-pack 'team/app.git'", 'receive-pack', 'team/app'],
    ['go-git', "git-upload-pack '/team/app.git'", 'upload-pack', 'team/app'],
    ['JGit', "git-upload-pack '/team/app.git'", 'upload-pack', 'team/app'],
    ['plink on Windows', "git-upload-pack '//team/app.git'", 'upload-pack', 'team/app'],
    ['no quotes', 'git-upload-pack team/app', 'upload-pack', 'team/app'],
    ['double quotes', 'git-upload-pack "team/app"', 'upload-pack', 'team/app'],
    ['a quoted program', "'git-upload-pack' 'team/app'", 'upload-pack', 'team/app'],
  ];
  for (const [client, command, verb, path] of good) {
    it(`reads ${client}: ${command}`, () => {
      assert.deepEqual(parseCommand(command), { ok: true, value: { verb, path } });
    });
  }

  const bad: readonly (readonly [string, CommandProblem['kind'], RegExp])[] = [
    // Other programs.
    ['ls -la', 'Unsupported', /^ls is not available; this server runs git-upload-pack, /],
    ['git', 'Unsupported', /^git is not available/],
    ['git-shell', 'Unsupported', /^git-shell is not available/],
    ['git daemon team/app', 'Unsupported', /^git-daemon is not available/],
    ['git gc', 'Unsupported', /^git-gc/],
    ['git -c core.pager=x upload-pack team/app', 'Unsupported', /^git--c is not available/],
    ['Git-Upload-Pack team/app', 'Unsupported', /^Git-Upload-Pack/],
    ['git-upload-packs team/app', 'Unsupported', /^git-upload-packs/],
    ['/usr/bin/git-upload-pack team/app', 'Unsupported', /^\/usr\/bin\/git-upload-pack/],
    ['svnserve -t', 'Unsupported', /^svnserve/],
    ['scp -t x', 'Unsupported', /^scp/],
    ['rsync --server . x', 'Unsupported', /^rsync/],
    ['GIT_DIR=x git-upload-pack team/app', 'Unsupported', /^this program/],
    ["'' team/app", 'Unsupported', /^this program/],
    ["'git-upload-pack team/app'", 'Unsupported', /^this program/],
    ['git-upload-pack\uFFFD team/app', 'Unsupported', /^this program/],
    ['constructor team/app', 'Unsupported', /^constructor/],
    // Several commands, expansion, broken words.
    ['', 'Malformed', /^the command is empty/],
    ['  ', 'Malformed', /^the command is empty/],
    ["git-upload-pack 'team/app'; id", 'Malformed', /several commands/],
    ['git-upload-pack team/app && id', 'Malformed', /several commands/],
    ['git-upload-pack team/app | id', 'Malformed', /several commands/],
    ['git-upload-pack team/app > x', 'Malformed', /several commands/],
    ['git-upload-pack $(id)', 'Malformed', /expansion/],
    ['git-upload-pack "$(id)"', 'Malformed', /expansion/],
    ['git-upload-pack `id`', 'Malformed', /expansion/],
    ['git-upload-pack $HOME', 'Malformed', /expansion/],
    ['git-upload-pack team/app\nid', 'Malformed', /control character/],
    ["git-upload-pack 'team/app\nid'", 'Malformed', /control character/],
    ["git-upload-pack 'team/app\0'", 'Malformed', /control character/],
    ["git-upload-pack 'team/app\u001B[2J'", 'Malformed', /control character/],
    ["git-upload-pack 'team/app", 'Malformed', /' is never closed/],
    ['git-upload-pack "team/app', 'Malformed', /" is never closed/],
    [`git-upload-pack '${'x'.repeat(5000)}'`, 'Malformed', /too long/],
    // Other words than one path.
    ['git-upload-pack', 'Malformed', /needs the path of a repository/],
    ['git upload-pack', 'Malformed', /^git-upload-pack needs the path/],
    ['git-upload-pack team/app team/other', 'Malformed', /takes one path/],
    ['git-upload-pack my app', 'Malformed', /must be quoted/],
    ['git-upload-pack --upload-pack=id team/app', 'Malformed', /takes no options/],
    ["git-upload-pack '--upload-pack=id'", 'Malformed', /takes no options/],
    ["git-receive-pack '-x'", 'Malformed', /takes no options/],
    ['git-upload-pack team/app --strict', 'Malformed', /takes no options/],
    ['git-upload-pack -- team/app', 'Malformed', /takes no options/],
    ['git upload-pack --advertise-refs team/app', 'Malformed', /takes no options/],
    // Paths.
    ["git-upload-pack ''", 'BadPath', /missing: use NAMESPACE\/NAME/],
    ["git-upload-pack '/'", 'BadPath', /missing/],
    ["git-upload-pack '.git'", 'BadPath', /missing/],
    ["git-upload-pack '../team/app'", 'BadPath', /no "\."/],
    ["git-upload-pack 'team/../app'", 'BadPath', /no "\."/],
    ["git-upload-pack 'team/app/..'", 'BadPath', /no "\."/],
    ["git-upload-pack '~/app'", 'BadPath', /home directories/],
    ["git-upload-pack '~alice/app'", 'BadPath', /home directories/],
    ["git-upload-pack '/~alice/app'", 'BadPath', /home directories/],
    ['git-upload-pack ~', 'BadPath', /home directories/],
    ["git-upload-pack 'team\\app'", 'BadPath', /backslash/],
    ["git-upload-pack 'C:\\app'", 'BadPath', /backslash/],
    ["git-upload-pack 'team//app'", 'BadPath', /empty part/],
    ["git-upload-pack 'team/$(id)'", 'BadPath', /ASCII letters/],
    ["git-upload-pack 'team/ü'", 'BadPath', /ASCII letters/],
    ["git-upload-pack 'team/app\uFFFD'", 'BadPath', /ASCII letters/],
    ["git-upload-pack 'team/app '", 'BadPath', /ASCII letters/],
    ["git-upload-pack '/-x/app'", 'BadPath', /begins with "\." or "-"/],
    ["git-upload-pack '/--upload-pack=id'", 'BadPath', /./],
  ];
  for (const [command, kind, tells] of bad) {
    it(`refuses ${JSON.stringify(command.slice(0, 60))} as ${kind}`, () => {
      const result = parseCommand(command);
      assert.ok(!result.ok);
      assert.equal(result.error.kind, kind);
      assert.equal(result.error.exitStatus, 128);
      assert.match(result.error.message, tells);
    });
  }

  const lfs = [
    'git-lfs-authenticate team/app.git download',
    'git-lfs-authenticate /team/app upload extra words',
    'git lfs-authenticate team/app download',
    'git-lfs-transfer team/app upload',
    "git-lfs-transfer '/team/app' download",
    'git-lfs-authenticate',
  ];
  for (const command of lfs) {
    it(`sends git-lfs to HTTPS: ${command}`, () => {
      const result = parseCommand(command);
      assert.ok(!result.ok);
      assert.equal(result.error.kind, 'Unsupported');
      assert.equal(result.error.exitStatus, 127);
      assert.match(result.error.message, /HTTPS/);
    });
  }

  it('never throws, and gives a valid path or a short printable message', () => {
    const word = fc.oneof(
      fc.constantFrom(
        'git',
        'upload-pack',
        'git-receive-pack',
        'git-lfs-transfer',
        'a/b.git',
        '..',
        '-x',
        '~',
        "'",
        '"',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), fc.constantFrom('', ' ', " '"), (words, separator) => {
        const result = parseCommand(words.join(separator));
        if (result.ok) assert.ok(isValidRepositoryPath(result.value.path));
        else assert.match(result.error.message, /^[\x20-\x7e]{1,250}$/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('what git itself sends', () => {
  const folder = mkdtempSync(join(tmpdir(), 'git-commands-'));
  after(() => rmSync(folder, { recursive: true }));
  execFileSync('git', ['init', '--quiet', folder]);

  /** Puts a shell's `printf` in ssh's place, and gives the command that git asked it to run over there. */
  const commandOf = (...options: string[]): string => {
    const sent = join(folder, 'sent');
    const env = { ...process.env, GIT_SSH_COMMAND: `printf '%s\\n' > '${sent}'`, GIT_SSH_VARIANT: 'simple' };
    spawnSync('git', ['-C', folder, ...options], { env, stdio: 'ignore' });
    const [, ...command] = readFileSync(sent, 'utf8').trimEnd().split('\n');
    return command.join('\n');
  };

  const cases: readonly (readonly [readonly string[], GitVerb, string])[] = [
    [['ls-remote', 'git@host:team/app.git'], 'upload-pack', 'team/app'],
    [['ls-remote', 'git@host:/team/app.git'], 'upload-pack', 'team/app'],
    [['ls-remote', 'ssh://git@host/team/app.git'], 'upload-pack', 'team/app'],
    [['ls-remote', 'ssh://git@host/team/app/'], 'upload-pack', 'team/app'],
    [['ls-remote', 'ssh://git@host/team/%61pp'], 'upload-pack', 'team/app'],
    [['send-pack', '--all', 'ssh://git@host/team/app'], 'receive-pack', 'team/app'],
    [['archive', '--remote=git@host:team/app', 'HEAD'], 'upload-archive', 'team/app'],
  ];
  for (const [options, verb, path] of cases) {
    it(`is read: git ${options.join(' ')}`, () => {
      assert.deepEqual(parseCommand(commandOf(...options)), { ok: true, value: { verb, path } });
    });
  }

  const refused: readonly (readonly [readonly string[], CommandProblem['kind'], RegExp])[] = [
    [['ls-remote', 'ssh://git@host/~alice/app'], 'BadPath', /home directories/],
    [['ls-remote', 'git@host:~/app'], 'BadPath', /home directories/],
    [['ls-remote', "git@host:it's!/app"], 'BadPath', /ASCII letters/],
    [['ls-remote', 'git@host:a b'], 'BadPath', /ASCII letters/],
    [['ls-remote', 'ssh://git@host/a%0Aid'], 'Malformed', /control character/],
    [['ls-remote', '--upload-pack=id;', 'git@host:team/app'], 'Malformed', /several commands/],
  ];
  for (const [options, kind, tells] of refused) {
    it(`is refused: git ${options.join(' ')}`, () => {
      const result = parseCommand(commandOf(...options));
      assert.ok(!result.ok);
      assert.equal(result.error.kind, kind);
      assert.match(result.error.message, tells);
    });
  }
});
