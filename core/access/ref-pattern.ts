/**
 * Ref patterns of a Repository's `refRules`: `*` stands for any characters within one path segment, `**` as a whole
 * segment for one or more segments. `refs/heads/release/**` matches `refs/heads/release/1.0` and
 * `refs/heads/release/1.0/fix`, not `refs/heads/release`.
 */

/** RE2-compatible, so that an API server can check it too; unambiguous, so that it never backtracks. */
export const refPatternSyntax = /^refs(\/(\*\*|\*|\*?[A-Za-z0-9._@+=#%{},!-]+(\*[A-Za-z0-9._@+=#%{},!-]+)*\*?))+$/;

type Token =
  | { readonly kind: 'Literal'; readonly character: string }
  | { readonly kind: 'Any' }
  | { readonly kind: 'Repeat'; readonly crossesSegments: boolean };

function tokenize(pattern: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const [index, segment] of pattern.split('/').entries()) {
    if (index > 0) tokens.push({ kind: 'Literal', character: '/' });
    if (segment === '**') tokens.push({ kind: 'Any' }, { kind: 'Repeat', crossesSegments: true });
    else
      for (const character of segment)
        tokens.push(character === '*' ? { kind: 'Repeat', crossesSegments: false } : { kind: 'Literal', character });
  }
  return tokens;
}

/**
 * Whether `ref`, a full name such as `refs/heads/main`, matches. It follows all possible positions at once instead of
 * backtracking, so that no pattern and ref take longer than the product of their lengths.
 */
export function matchesRefPattern(pattern: string, ref: string): boolean {
  const tokens = tokenize(pattern);
  let positions = withSkippedRepeats(tokens, new Set([0]));
  for (const character of ref) {
    const next = new Set<number>();
    for (const position of positions) {
      const token = tokens[position];
      if (token?.kind === 'Literal' && token.character === character) next.add(position + 1);
      else if (token?.kind === 'Any') next.add(position + 1);
      else if (token?.kind === 'Repeat' && (token.crossesSegments || character !== '/')) next.add(position);
    }
    if (next.size === 0) return false;
    positions = withSkippedRepeats(tokens, next);
  }
  return positions.has(tokens.length);
}

/** Adds the positions that are reached by letting repeats match nothing. A set may grow while it is walked. */
function withSkippedRepeats(tokens: readonly Token[], positions: Set<number>): ReadonlySet<number> {
  for (const position of positions) if (tokens[position]?.kind === 'Repeat') positions.add(position + 1);
  return positions;
}
