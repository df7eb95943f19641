/** Where a repository server listens: a Unix socket, or TCP. */
export type LinkAddress = { readonly path: string } | { readonly host: string; readonly port: number };
