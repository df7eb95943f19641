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

/** After metav1.Condition. `message` says what to do. */
export type Condition = {
  readonly type: 'Accepted';
  readonly status: 'True' | 'False';
  readonly reason: AcceptedReason;
  readonly message: string;
};
