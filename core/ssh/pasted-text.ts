import { explainRefusedType, isPublicKeyType, looksLikeKeyType } from './key-type.ts';

/**
 * What people paste where one line of public key belongs. Every explanation is for them: what was found, and what to
 * do. None repeats more of the text than the name of a type, for it may be a secret.
 */

/** PEM's and ssh.com's headers; PuTTY's, whose file holds both halves; and OpenSSH's body without its header. */
export const privateKeyPattern = /BEGIN[A-Z0-9\s]{1,40}PRIVATE\s{1,4}KEY|PuTTY-User-Key-File-|b3BlbnNzaC1rZXktdjEA/i;

/** Of a text that is searched for a key type behind options. */
const maxWords = 64;

/** Only the first that is found is told, so the more particular ones come first. */
const explanations: readonly (readonly [RegExp, string])[] = [
  [
    /BEGIN SSH2 PUBLIC KEY/,
    'this is a public key in RFC 4716 form (as PuTTYgen saves it); convert it with "ssh-keygen -i -f FILE"',
  ],
  [/BEGIN RSA PUBLIC KEY/, 'this is a public key in PEM form; convert it with "ssh-keygen -i -m PEM -f FILE"'],
  [/BEGIN PUBLIC KEY/, 'this is a public key in PEM form; convert it with "ssh-keygen -i -m PKCS8 -f FILE"'],
  [/BEGIN PGP /, 'this is an OpenPGP key; export its SSH form with "gpg --export-ssh-key NAME"'],
  [/BEGIN (?:TRUSTED )?CERTIFICATE/, 'this is an X.509 certificate; give a public key as "ssh-keygen" makes it'],
  [/[\r\n]/, 'these are several lines; give one key, on one line, and make an object of its own for each other key'],
  [
    /^(?:SHA256:|MD5:|\d+ (?:SHA256|MD5):)/,
    'this is the fingerprint of a key; give the key, the line in its .pub file',
  ],
  [/^\S+\.pub$/, 'this is the name of a file; give the line that the file holds'],
  [
    /^AAAA[A-Za-z0-9+/=]+(?:\s|$)/,
    'the type of the key is missing in front of its base64; give the whole line of the .pub file',
  ],
  [/[^\P{Cc}\t]/u, 'there are control characters in it; give the line of the .pub file as it is'],
];

/**
 * Whether there is (part of) a private key in `text`, wherever it stands and however its lines were folded. To be asked
 * before anything else, so that no other explanation hides it.
 */
export const holdsPrivateKey = (text: string): boolean => privateKeyPattern.test(text);

export const privateKeyExplanation =
  'this is a PRIVATE key. Treat it as compromised, for it has been shown: remove it from wherever it is trusted, ' +
  'make a new one with "ssh-keygen -t ed25519", and give only the public half, the file that ends in .pub';

/** Says what `text`, which is not a line that begins with an accepted type and base64, is instead. */
export const explainPastedText = (text: string): string => {
  if (text === '') return 'it is empty; give the line of a .pub file';
  const found = explanations.find(([pattern]) => pattern.test(text));
  if (found) return found[1];
  const [first = '', ...others] = text.split(/[ \t]+/, maxWords);
  if (isPublicKeyType(first)) {
    return 'the base64 after the type is missing or damaged; give the whole line of the .pub file';
  }
  if (looksLikeKeyType(first)) return explainRefusedType(first);
  const type = others.find(looksLikeKeyType);
  if (type !== undefined) {
    return (
      `there is something in front of ${type}; options are not supported here, so begin with the type ` +
      '(limits on a key have fields of their own: access, expiresAt, sourceRanges)'
    );
  }
  return 'this is not a public key; give the line of a .pub file, such as "ssh-ed25519 AAAA... comment"';
};
