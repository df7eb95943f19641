/** Address ranges in CIDR form (RFC 4632, RFC 4291). */

type Address = { readonly bits: 32 | 128; readonly value: bigint };

/** An IPv4 address as such, where a listener of both families gives it as `::ffff:a.b.c.d` (RFC 4291 section 2.5.5.2). */
export const unmapAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');

/**
 * Whether `range` can be understood, e.g. `10.0.0.0/8` or `2001:db8::/32`. Not `::ffff:10.0.0.0/104`, which would look
 * like a range of IPv6 and is one of IPv4; CEL's `isCIDR` refuses it too.
 */
export const isSourceRange = (range: string): boolean => parseRange(range) !== undefined;

/** Whether `address` lies in one of the ranges. False on anything that cannot be understood. */
export function isInRanges(address: string, ranges: readonly string[]): boolean {
  const parsed = parseAddress(address);
  if (parsed === undefined) return false;
  return ranges.some((text) => {
    const range = parseRange(text);
    if (range === undefined || range.bits !== parsed.bits) return false;
    const shift = BigInt(range.bits - range.prefix);
    return range.value >> shift === parsed.value >> shift;
  });
}

function parseRange(text: string): (Address & { readonly prefix: number }) | undefined {
  const [addressText = '', prefixText = '', ...rest] = text.split('/');
  const address = parseOwnForm(addressText);
  if (address === undefined || isMapped(address) || rest.length > 0 || !/^(0|[1-9][0-9]{0,2})$/.test(prefixText))
    return undefined;
  const prefix = Number(prefixText);
  return prefix <= address.bits ? { ...address, prefix } : undefined;
}

const parseAddress = (text: string): Address | undefined => parseOwnForm(unmapAddress(text));

const parseOwnForm = (text: string): Address | undefined => (text.includes(':') ? parseIPv6(text) : parseIPv4(text));

const isMapped = ({ bits, value }: Address): boolean => bits === 128 && value >> 32n === 0xffffn;

function parseIPv4(text: string): Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)) {
    return undefined;
  }
  return { bits: 32, value: parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n) };
}

function parseIPv6(text: string): Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(parseGroups);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<bigint>(missing).fill(0n), ...(tail ?? [])];
  return { bits: 128, value: groups.reduce((value, group) => (value << 16n) | group, 0n) };
}

function parseGroups(text: string): readonly bigint[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map((group) => BigInt(`0x${group}`))
    : undefined;
}
