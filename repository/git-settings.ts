export type GitLimits = {
  /** Threads that compress one clone's pack. */
  readonly packThreads: number;
  /** In bytes; 0: as large as the disk takes. */
  readonly maxPushBytes: number;
};

/**
 * Settings on git's command line, which go before those of a repository, in the form of `-c KEY=VALUE`. Each is here
 * for safety, for durability, to bound what hostile data can cost, or so that sessions do not stand in each other's way.
 */
export function buildGitSettings(repository: string, hooksDir: string, limits: GitLimits): readonly string[] {
  const settings: Readonly<Record<string, string>> = {
    // Whoever owns the folder: it is ours by its place. git 2.36 and 2.37 need the owner to be right too.
    'safe.directory': repository,
    'core.hooksPath': hooksDir,
    'core.fsmonitor': 'false',
    'core.alternateRefsCommand': 'true',
    'core.useReplaceRefs': 'false',
    'protocol.version': '2',
    'gc.auto': '0',
    'maintenance.auto': 'false',
    'receive.autogc': 'false',

    // What is reported as pushed is on the disk: objects, packs with their indexes, and refs.
    'core.fsync': 'all',
    'core.fsyncMethod': 'fsync',
    'core.logAllRefUpdates': 'true',

    'transfer.fsckObjects': 'true',
    // Old tools made these, in histories that cannot be changed; no reader is harmed by them.
    'receive.fsck.badTimezone': 'ignore',
    'receive.fsck.missingSpaceBeforeDate': 'ignore',
    'receive.fsck.zeroPaddedFilemode': 'ignore',

    // Who may rewind or delete is for the ref rules to say, and that nobody deletes the default branch: git's own
    // setting is a second wall.
    'receive.denyDeletes': 'false',
    'receive.denyNonFastForwards': 'false',
    'receive.denyDeleteCurrent': 'refuse',
    'receive.denyCurrentBranch': 'refuse',
    'receive.shallowUpdate': 'false',
    'receive.advertisePushOptions': 'false',
    'receive.maxInputSize': String(limits.maxPushBytes),

    // git would give what is said to be the signature of a push to these, before a hook can refuse it.
    'gpg.program': 'false',
    'gpg.openpgp.program': 'false',
    'gpg.x509.program': 'false',
    'gpg.ssh.program': 'false',

    'uploadpack.allowFilter': 'true',
    'uploadpack.allowTipSHA1InWant': 'false',
    'uploadpack.allowReachableSHA1InWant': 'false',
    'uploadpack.allowAnySHA1InWant': 'false',
    'uploadarchive.allowUnreachable': 'false',
    'transfer.advertiseObjectInfo': 'false',

    // A hundred pushes to one repository wait for each other's locks instead of failing.
    'core.filesRefLockTimeout': '5000',
    'core.packedRefsTimeout': '10000',

    // Above this, files are streamed instead of held in memory, and not compared with each other.
    'core.bigFileThreshold': '50m',
    'core.deltaBaseCacheLimit': '96m',
    'pack.windowMemory': '128m',
    'pack.deltaCacheSize': '128m',
    'pack.threads': String(limits.packThreads),
  };
  return Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
}
