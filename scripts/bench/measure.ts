/** A step and how long it took. */
export interface Timing {
  step: string;
  seconds: number;
}

/** Runs `work` and says how long it took. */
export async function measure(step: string, work: () => Promise<unknown>): Promise<Timing> {
  globalThis.gc?.();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  console.log(`${step.padEnd(64)} ${seconds.toFixed(2).padStart(8)} s`);
  return { step, seconds };
}

/** Prints how many times longer `slow` took than `fast`. */
export function compare(slow: Timing, fast: Timing): void {
  const ratio = (slow.seconds / fast.seconds).toFixed(2);
  console.log(`ratio ${ratio}: (${slow.step}) / (${fast.step})`);
}
