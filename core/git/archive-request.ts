import { err, ok, type Result } from '../result.ts';

/**
 * What a client sends to `git upload-archive` before anything else: pkt-lines `argument ARG`, and a flush. git hands the
 * arguments to `git archive`, some of whose options (`--add-file`, `--output`, `--exec`) look at, or name, files of the
 * server before they are refused. So only what makes an archive out of the repository is let through.
 */
export type ArchiveRequest = {
  /** Bytes up to and including the flush. */
  readonly length: number;
};

/** git takes 64 arguments itself. */
const maxArguments = 64;
const maxLength = 64 * 1024;

/** Exactly these: git would take abbreviations too, and there is no telling what they mean in its next version. */
const harmlessOption = /^(?:-[0-9]|-v|--verbose|-l|--list|--format=(?:tar|zip|tgz|tar\.gz)|--prefix=[^\0\n]*|--)$/;

/** `undefined`: the request is not whole yet. The error is for the user. */
export function parseArchiveRequest(bytes: Buffer): Result<ArchiveRequest | undefined, string> {
  let offset = 0;
  let isPaths = false;
  for (let count = 0; ; count++) {
    const header = bytes.toString('latin1', offset, offset + 4);
    if (header.length < 4) return bytes.length > maxLength ? err('the request is too long') : ok(undefined);
    if (!/^[0-9a-f]{4}$/.test(header)) return err('the request is not as git sends it');
    const length = Number.parseInt(header, 16);
    if (length === 0) return ok({ length: offset + 4 });
    if (length < 4 || count >= maxArguments || offset + length > maxLength) return err('the request is too long');
    if (offset + length > bytes.length) return ok(undefined);
    const line = bytes.toString('utf8', offset + 4, offset + length).replace(/\n$/, '');
    if (!line.startsWith('argument ')) return err('the request is not as git sends it');
    const argument = line.slice('argument '.length);
    if (!isPaths && argument.startsWith('-') && !harmlessOption.test(argument)) {
      return err('archives take --format, --prefix, --list, --verbose and -0 to -9 only');
    }
    isPaths ||= argument === '--';
    offset += length;
  }
}
