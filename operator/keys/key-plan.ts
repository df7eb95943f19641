/** Why a Secret is left alone as it is. */
export type KeyProblem = {
  /** CamelCase, as in events. */
  readonly reason: 'Unusable' | 'Missing' | 'NotOurs';
  /** Says what to do. Quotes nothing of a key. */
  readonly message: string;
};

/** A private key that is to be made. */
export type NewKey = {
  readonly kind: 'ed25519' | 'rsa' | 'link';
  /** In the Secret's data. */
  readonly name: string;
};

/** What is to be changed in a Secret that we made; null removes. */
export type SecretChange = {
  readonly make?: readonly NewKey[];
  readonly data?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
};

/**
 * The next thing to do about one Secret and the ConfigMap beside it. One at a time: after each, everything is read and
 * planned anew, so that it does not matter after which of them an operator dies.
 */
export type KeyPlan =
  | KeyAction
  | { readonly type: 'Refuse'; readonly problem: KeyProblem }
  | { readonly type: 'Wait'; readonly ms: number }
  | { readonly type: 'Rest' };

export type KeyAction =
  | { readonly type: 'MakeSecret'; readonly make: readonly NewKey[] }
  | { readonly type: 'ChangeSecret'; readonly step: KeyStep; readonly change: SecretChange }
  /** All that the ConfigMap shall hold. */
  | { readonly type: 'Publish'; readonly data: Readonly<Record<string, string>> };

/** What a change of a Secret is for; in log lines and events. */
export type KeyStep =
  | 'KeysAdded'
  | 'RotationBegun'
  | 'RotationPublished'
  | 'RotationHeldBack'
  | 'RotationSwitched'
  | 'RotationFinished';
