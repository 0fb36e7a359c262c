/** The name that shares most pairs of neighbouring letters with `name`. Pure. */
export function findNearest(name: string, names: string[]): string | undefined {
  const toPairs = (text: string) =>
    new Set(Array.from({ length: text.length - 1 }, (_, n) => text.slice(n, n + 2).toUpperCase()));
  const own = toPairs(name);
  const likeness = (other: string): number => {
    const pairs = toPairs(other);
    return own.intersection(pairs).size / (own.size + pairs.size);
  };
  return names.toSorted((a, b) => likeness(b) - likeness(a))[0];
}
