const shown = 3;

/** `a, b, c and 12 more`: whoever mends the first few is told of the others then, and no message is as long as a list. */
export function firstFew(items: readonly string[]): string {
  const few = items.slice(0, shown).join(', ');
  return items.length <= shown ? few : `${few} and ${items.length - shown} more`;
}
