import { seededRandom } from '../../src/demo/random.ts';

/** How a portal's ids may lie; each gives about `count` ascending ids, always the same. */
export const ID_SHAPES = {
  uniform: (count) => spread(count, 5e11, (x) => x),
  /** Few early ids, many late ones. */
  rising: (count) => spread(count, 5e11, (x) => x ** 0.3),
  falling: (count) => spread(count, 5e11, (x) => x ** 3),
  dense: (count) => Array.from({ length: count }, (_, index) => BigInt(index + 1)),
  /** One import holds nearly everything, between sparse years and a giant hole. */
  cluster: (count) =>
    sorted([
      ...spread(count * 0.012, 68e6, (x) => x),
      ...spread(count * 0.956, 24e6, (x) => x).map((id) => id + 68_000_000n),
      ...spread(count * 0.012, 800e6, (x) => x).map((id) => id + 100_000_000n),
      ...spread(count * 0.02, 1e9, (x) => x).map((id) => id + 274_361_144_000n),
    ]),
  /** Bursts of very different density, far apart. */
  bursts: (count) =>
    sorted(
      Array.from({ length: 20 }, (_, n) =>
        spread(count / 20, 10 ** (4 + (n % 5)), (x) => x, n).map(
          (id) => id + BigInt(n) * 25_000_000_000n,
        ),
      ).flat(),
    ),
  /** A thousand at a time without any hole, as imports leave them, and nothing for long in between. */
  steps: (count) =>
    Array.from({ length: count }, (_, n) => BigInt(n) + BigInt(Math.floor(n / 1000)) * 10n ** 11n),
  /** 25 working days, and nights that are twice as wide. */
  days: (count) =>
    Array.from({ length: 25 }, (_, day) =>
      spread(count / 25, 2 * count, (x) => x, day).map((id) => id + BigInt(day * 6 * count)),
    ).flat(),
  /** 75 clumps without any hole, and holes in between that are 1,600 times as wide. */
  farSteps: (count) => {
    const length = Math.ceil(count / 75);
    return Array.from({ length: count }, (_, n) =>
      BigInt(1 + n + Math.floor(n / length) * 1600 * length),
    );
  },
  /** The same as steps, of all lengths. */
  clumps: (count) => {
    const random = seededRandom(7);
    let id = 0n;
    return Array.from({ length: count }, () => {
      id += BigInt(random.chance(0.999) ? 1 : random.int(1, 1e12));
      return id;
    });
  },
} as const satisfies Record<string, (count: number) => bigint[]>;

function spread(count: number, top: number, curve: (x: number) => number, seed = 0): bigint[] {
  const random = seededRandom(seed + 1);
  const width = Math.max(top, 2 * count);
  const ids = new Set<number>();
  while (ids.size < count) ids.add(1 + Math.floor(curve(random.next()) * width));
  return sorted([...ids].map(BigInt));
}

function sorted(ids: bigint[]): bigint[] {
  return [...new Set(ids)].sort((a, b) => (a < b ? -1 : 1));
}
