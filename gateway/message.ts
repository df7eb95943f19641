/** A line of ours on the user's stderr. */
export const message = (text: string): Buffer => Buffer.from(`git-ingress: ${text}\n`);
