/**
 * Numbers that look random and are the same for ever. Only integer operations, additions, products and quotients:
 * `Math.exp` and its like may differ in the last digit from one version of V8 to the next.
 */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** An integer in [min, max]. */
  int(min: number, max: number): number;
  /** True with probability `p`. */
  chance(p: number): boolean;
  /** One of `list`, which is not empty. */
  pick<T>(list: readonly T[]): T;
  /** `count` hexadecimal digits, lower case. */
  hex(count: number): string;
}

/** A generator of its own for every seed (an integer; only its lowest 32 bits count). */
export function seededRandom(seed: number): Random {
  // Neighbouring seeds are spread apart first, or their first numbers would resemble each other.
  let state = Math.imul(seed | 0, 0x9e3779b1);
  // mulberry32: 32 bits of state pass every test that made-up texts need.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    int,
    chance: (p) => next() < p,
    pick: <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T,
    hex: (count) => {
      let digits = '';
      while (digits.length < count) digits += int(0, 0xffffff).toString(16).padStart(6, '0');
      return digits.slice(0, count);
    },
  };
}

/** A GUID in HubSpot's form, version 4. */
export function guid(random: Random): string {
  const digits = random.hex(30);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(12, 15)}`,
    `a${digits.slice(15, 18)}`,
    digits.slice(18, 30),
  ].join('-');
}

/**
 * `weights.length` integers that add up to `total`, in proportion to the weights (the largest remainders are rounded
 * up). When the weights add up to `total` themselves, the result is the weights.
 */
export function apportion(weights: readonly number[], total: number): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((weight) => (weight * total) / sum);
  const shares = exact.map(Math.floor);
  const missing = total - shares.reduce((a, b) => a + b, 0);
  exact
    .map((value, index) => ({ index, rest: value - Math.floor(value) }))
    .sort((a, b) => b.rest - a.rest)
    .slice(0, missing)
    .forEach(({ index }) => {
      shares[index] = (shares[index] ?? 0) + 1;
    });
  return shares;
}
