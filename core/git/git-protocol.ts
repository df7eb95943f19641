const maxLength = 255;

/**
 * The value of the environment variable `GIT_PROTOCOL` (git(1)), a colon list such as `version=2`, if it is fit to be
 * passed on to git; undefined for anything else, which is ignored, so that such a client is served with version 0.
 */
export const parseGitProtocol = (value: string): string | undefined =>
  value.length <= maxLength && /^[a-z0-9=._-]+(?::[a-z0-9=._-]+)*$/.test(value) ? value : undefined;
