import { isIP } from 'node:net';
import type { Action } from '../core/access/decide.ts';
import { namespaceName, objectName } from '../core/api/metadata.ts';
import type { ObjectRef } from '../core/api/object-ref.ts';
import { isPushableRef } from '../core/git/ref-name.ts';
import { normalizePath } from '../core/git/repository-path.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { OwnFlag } from '../runtime/config/flag-settings.ts';

/** Who wants to know: a user, or whoever logs in with a key. */
export type Asker =
  | { readonly kind: 'User'; readonly user: ObjectRef }
  | {
      readonly kind: 'Key';
      /** An OpenSSH public key file. */
      readonly file: string;
      readonly loginName?: string;
      /** Where from. */
      readonly address?: string;
    };

/** `Update` is what `write` with a ref means. */
export type Question = {
  readonly action: Action;
  readonly path: string;
  readonly ref?: string;
  readonly asker: Asker;
};

const actions: ReadonlyMap<string, Action> = new Map([
  ['read', 'Read'],
  ['write', 'Write'],
  ['create', 'Create'],
  ['rewind', 'Rewind'],
  ['delete', 'Delete'],
]);

/** Other words for `write`. */
const otherNames: ReadonlyMap<string, Action> = new Map([
  ['push', 'Write'],
  ['update', 'Write'],
]);

export const canIFlags: readonly OwnFlag[] = [
  {
    flag: '--user',
    placeholder: 'NAMESPACE/NAME',
    description: 'Asks for this GitUser, with a key that limits nothing.',
  },
  {
    flag: '--key',
    placeholder: 'FILE',
    description: 'Asks for whoever logs in with this public key, the .pub file: a user, or a deploy key.',
  },
  { flag: '--login', placeholder: 'NAME', description: 'With --key: logs in as NAME@ instead of git@.' },
  { flag: '--address', placeholder: 'IP', description: 'With --key: comes from there, for keys with sourceRanges.' },
];

/** Parses `ACTION PATH [REF]` and the flags `--user`, `--key`, `--login` and `--address`. Names every problem. */
export function parseQuestion(
  positionals: readonly string[],
  flags: ReadonlyMap<string, string>,
): Result<Question, readonly string[]> {
  const [actionName = '', rawPath = '', ref] = positionals;
  const action = actions.get(actionName) ?? otherNames.get(actionName);
  const path = normalizePath(pathIn(rawPath));
  const asker = parseAsker(flags);
  const problems = [
    ...(action === undefined ? [`${JSON.stringify(actionName)} is none of ${[...actions.keys()].join(', ')}`] : []),
    ...(path.ok ? [] : [path.error]),
    ...(ref !== undefined && action === 'Read' ? ['read is about the whole repository, not about a ref'] : []),
    ...(ref !== undefined && !isPushableRef(ref)
      ? [`${JSON.stringify(ref)} cannot be pushed: give the full name of the ref, e.g. refs/heads/main`]
      : []),
    ...(asker.ok ? [] : asker.error),
  ];
  if (action === undefined || !path.ok || !asker.ok || problems.length > 0) return err(problems);
  const refined = action === 'Write' && ref !== undefined ? 'Update' : action;
  return ok({ action: refined, path: path.value, ...(ref !== undefined && { ref }), asker: asker.value });
}

/** The path in what people clone, `ssh://git@HOST:PORT/PATH` or `git@HOST:PATH`; anything else is taken for a path. */
function pathIn(text: string): string {
  const url = /^(?:ssh|git\+ssh|ssh\+git):\/\/[^/]*\/(.*)$/is.exec(text);
  // No path has a colon in it.
  const scp = /^(?:[^/@:]*@)?(?:\[[^\]/]*\]|[^/:[\]]+):(?!\/\/)(.*)$/s.exec(text);
  return (url ?? scp)?.[1] ?? text;
}

function parseAsker(flags: ReadonlyMap<string, string>): Result<Asker, readonly string[]> {
  const [user, file, loginName, address] = ['--user', '--key', '--login', '--address'].map((flag) => flags.get(flag));
  if ((user === undefined) === (file === undefined)) return err(['exactly one of --user and --key is needed']);
  if (file === undefined) {
    if (loginName !== undefined || address !== undefined) return err(['--login and --address go with --key']);
    const [namespace, name, ...rest] = (user ?? '').split('/');
    const isName = namespaceName.safeParse(namespace).success && objectName.safeParse(name).success;
    if (!isName || namespace === undefined || name === undefined || rest.length > 0) {
      return err([`--user ${JSON.stringify(user)}: expected NAMESPACE/NAME`]);
    }
    return ok({ kind: 'User', user: { namespace, name } });
  }
  if (address !== undefined && isIP(address) === 0) return err([`--address ${JSON.stringify(address)}: no IP address`]);
  const login = loginName === undefined ? {} : { loginName };
  return ok({ kind: 'Key', file, ...login, ...(address !== undefined && { address }) });
}
