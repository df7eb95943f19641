/** The installation's own rules, beside those that the objects declare. */
export type IndexPolicy = PathPolicy & {
  /** RSA keys with fewer bits are refused. */
  readonly minimumRsaBits: number;
};

export type PathPolicy = {
  /**
   * Beside `NAMESPACE/`, the prefixes that a namespace may use for paths, e.g. `{platform: ['tools/']}`.
   * Undefined: any namespace may use any path, as in a folder of manifests, which one person writes.
   */
  readonly pathPrefixes?: Readonly<Record<string, readonly string[]>>;
};
