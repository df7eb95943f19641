/**
 * The reasons of the condition `Accepted`. True: `Accepted`. All others say why an object takes no part in the index.
 */
export type AcceptedReason =
  | 'Accepted'
  | 'Invalid'
  | 'WeakKey'
  | 'Duplicate'
  | 'PathTaken'
  | 'PathNotPermitted'
  | 'UserNotFound'
  | 'RepositoryNotFound'
  | 'Expired'
  | 'TooLarge';
