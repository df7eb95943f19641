/** In rising order: each role may do all that the ones before it may. */
export const roles = ['Read', 'Write', 'Maintain'] as const;
export type Role = (typeof roles)[number];

export const includesRole = (held: Role, needed: Role): boolean => roles.indexOf(held) >= roles.indexOf(needed);
