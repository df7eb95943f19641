import type { KeyObject } from 'node:crypto';
import { formatLinkPublicKey, parseLinkPrivateKey, parseLinkPublicKeys } from '../../core/link/link-key.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { KeySecret, PublishedKeys } from './key-objects.ts';
import type { KeyPlan, KeyProblem, NewKey } from './key-plan.ts';
import {
  currentKey,
  type LinkKeyOwner,
  linkKeyOwners,
  nextKey,
  previousKey,
  publishedAtAnnotation,
  rotateAnnotation,
  rotationAnnotation,
  switchedAtAnnotation,
} from './link-key-names.ts';

export type LinkKeyState = {
  /** Undefined: there is none. */
  readonly secret: KeySecret | undefined;
  readonly published: PublishedKeys | undefined;
  /** By the API server's clock, in milliseconds since 1970, asked for after the others were read. */
  readonly now: number;
  /** How long a changed Secret or ConfigMap may take to reach every pod, in milliseconds. */
  readonly delayMs: number;
};

/**
 * What to do next about the link's keys. A rotation publishes the new public keys, waits until every repository server
 * must have them, lets the gateways sign with the new keys, waits until every gateway must, and withdraws the old public
 * keys. So there is no moment at which somebody signs with a key that somebody else does not know.
 */
export function planLinkKeys({ secret, published, now, delayMs }: LinkKeyState): KeyPlan {
  if (secret === undefined)
    return { type: 'MakeSecret', make: linkKeyOwners.map((owner) => toNewKey(owner, currentKey)) };
  const read = readLinkKeys(secret.data);
  const advice = `put back what was there${secret.isOurs ? ', or remove it to have another one made' : ''}`;
  if (!read.ok) return refuse('Unusable', `${read.error}: ${advice}`);
  const keys = read.value;
  const lost = linkKeyOwners.filter((owner) => keys[owner].current === undefined);
  if (lost.length > 0) {
    if (!secret.isOurs) return refuse('Unusable', `it needs ${lost.map(currentKey).join(' and ')}`);
    return {
      type: 'ChangeSecret',
      step: 'KeysAdded',
      change: { make: lost.map((owner) => toNewKey(owner, currentKey)) },
    };
  }
  return planPublication(secret, keys, published) ?? planRotation(secret, keys, now, delayMs);
}

type Keys = Readonly<
  Record<
    LinkKeyOwner,
    { readonly current?: KeyObject; readonly next?: KeyObject; readonly previous?: readonly KeyObject[] }
  >
>;

/** Undefined: the ConfigMap says what it shall. */
function planPublication(secret: KeySecret, keys: Keys, published: PublishedKeys | undefined): KeyPlan | undefined {
  const data = Object.fromEntries(linkKeyOwners.map((owner) => [currentKey(owner), formatPublicKeys(keys[owner])]));
  if (linkKeyOwners.every((owner) => published?.data[currentKey(owner)] === data[currentKey(owner)])) return undefined;
  // Nobody knows how long it has said something else, and who has read that: the wait begins anew. Before the repair, or
  // an operator that dies between the two would leave a time that is not true.
  if (secret.isOurs && secret.annotations[publishedAtAnnotation] !== undefined)
    return change('RotationHeldBack', {}, { [publishedAtAnnotation]: null });
  return { type: 'Publish', data };
}

function planRotation(secret: KeySecret, keys: Keys, now: number, delayMs: number): KeyPlan {
  const { annotations, isOurs } = secret;
  const asked = annotations[rotateAnnotation];
  const isAsked = asked !== undefined && asked !== annotations[rotationAnnotation];
  if (!isOurs)
    return isAsked ? refuse('NotOurs', 'it was not made by the operator, which does not change it') : { type: 'Rest' };

  const withNext = linkKeyOwners.filter((owner) => keys[owner].next !== undefined);
  if (withNext.length > 0) {
    const left = timeLeft(annotations[publishedAtAnnotation], now, delayMs);
    if (left === undefined) return change('RotationPublished', {}, { [publishedAtAnnotation]: formatTime(now) });
    return left > 0 ? { type: 'Wait', ms: left } : planSwitch(secret, keys, withNext, now);
  }
  const withPrevious = linkKeyOwners.filter((owner) => keys[owner].previous !== undefined);
  if (withPrevious.length > 0) {
    const left = timeLeft(annotations[switchedAtAnnotation], now, delayMs);
    if (left === undefined) return change('RotationSwitched', {}, { [switchedAtAnnotation]: formatTime(now) });
    if (left > 0) return { type: 'Wait', ms: left };
    const gone = Object.fromEntries(withPrevious.map((owner) => [previousKey(owner), null]));
    return change('RotationFinished', gone, { [switchedAtAnnotation]: null });
  }
  if (!isAsked) return { type: 'Rest' };
  const make = linkKeyOwners.map((owner) => toNewKey(owner, nextKey));
  const begun = { [rotationAnnotation]: asked, [publishedAtAnnotation]: null, [switchedAtAnnotation]: null };
  return { type: 'ChangeSecret', step: 'RotationBegun', change: { make, annotations: begun } };
}

/** The private key that was published becomes the one in use; of the one before, the public half alone is kept. */
function planSwitch({ data }: KeySecret, keys: Keys, owners: readonly LinkKeyOwner[], now: number): KeyPlan {
  const moved = owners.map((owner) => {
    const { current } = keys[owner];
    const { [nextKey(owner)]: next = null } = data;
    return {
      [currentKey(owner)]: next,
      [nextKey(owner)]: null,
      ...(current !== undefined && { [previousKey(owner)]: formatLinkPublicKey(current) }),
    };
  });
  const times = { [publishedAtAnnotation]: null, [switchedAtAnnotation]: formatTime(now) };
  return change('RotationSwitched', Object.assign({}, ...moved), times);
}

/** Milliseconds until the delay is over; undefined: the time is absent, or none that has been. */
function timeLeft(since: string | undefined, now: number, delayMs: number): number | undefined {
  const elapsed = now - Date.parse(since ?? '');
  return elapsed >= 0 ? Math.max(0, delayMs - elapsed) : undefined;
}

const formatTime = (time: number): string => new Date(time).toISOString();

function readLinkKeys(data: KeySecret['data']): Result<Keys, string> {
  const problems: string[] = [];
  function read<Key>(name: string, parse: (text: string) => Result<Key, string>): Key | undefined {
    const text = data[name];
    if (text === undefined) return undefined;
    const key = parse(text);
    if (key.ok) return key.value;
    problems.push(`${name}: ${key.error}`);
    return undefined;
  }
  const readOwner = (owner: LinkKeyOwner): Keys[LinkKeyOwner] => {
    const current = read(currentKey(owner), parseLinkPrivateKey);
    const next = read(nextKey(owner), parseLinkPrivateKey);
    const previous = read(previousKey(owner), parseLinkPublicKeys);
    return { ...(current && { current }), ...(next && { next }), ...(previous && { previous }) };
  };
  const keys: Keys = { gateway: readOwner('gateway'), operator: readOwner('operator') };
  return problems.length === 0 ? ok(keys) : err(problems.join('; '));
}

const formatPublicKeys = ({ current, next, previous = [] }: Keys[LinkKeyOwner]): string =>
  [current, next, ...previous].map((key) => (key === undefined ? '' : formatLinkPublicKey(key))).join('');

const toNewKey = (owner: LinkKeyOwner, nameOf: (owner: LinkKeyOwner) => string): NewKey => ({
  kind: 'link',
  name: nameOf(owner),
});

const change = (
  step: Extract<KeyPlan, { type: 'ChangeSecret' }>['step'],
  data: Readonly<Record<string, string | null>>,
  annotations: Readonly<Record<string, string | null>>,
): KeyPlan => ({ type: 'ChangeSecret', step, change: { data, annotations } });

const refuse = (reason: KeyProblem['reason'], message: string): KeyPlan => ({
  type: 'Refuse',
  problem: { reason, message },
});
