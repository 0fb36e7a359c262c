import type { Clock } from '../clock.ts';
import { HubSpotUnavailable } from '../errors.ts';
import { type Retry, toWait } from './failures.ts';
import { retryDelay } from './retry-delay.ts';

/** Dependencies of {@link retry}. */
export interface RetryDeps {
  clock: Clock;
  /** In [0, 1). */
  random(): number;
  /** Ends the waiting. */
  signal: AbortSignal;
  /** Whether the server has answered anything yet. */
  wasAnswered(): boolean;
  note(message: string): void;
  /** An attempt failed, for the `failures`th time in this way; undefined: it was the last. */
  onRetry(failure: Retry, failures: number, delayMs: number | undefined): void;
}

export function isRetry(result: object): result is Retry {
  return 'kind' in result && result.kind === 'retry';
}

/**
 * What the first `attempt` at the server `host` that is no Retry returns; the pauses between attempts grow.
 * Throws HubSpotUnavailable when patience ends, what an attempt throws, or the signal's reason.
 */
export async function retry<T extends object>(
  attempt: () => Promise<T | Retry>,
  host: string,
  { clock, random, signal, wasAnswered, note, onRetry }: RetryDeps,
): Promise<T> {
  const failures = { window: 0, second: 0, locked: 0, server: 0 };
  for (let attempts = 1; ; attempts++) {
    const result = await attempt();
    if (!isRetry(result)) return result;
    signal.throwIfAborted();
    const failed = ++failures[result.wait];
    const everAnswered = wasAnswered();
    const delayMs = retryDelay({
      attempt: failed,
      failure: result,
      everAnswered,
      random: random(),
    });
    onRetry(result, failed, delayMs);
    if (delayMs === undefined) {
      const often = attempts === 1 ? 'one attempt' : `${attempts} attempts`;
      throw new HubSpotUnavailable(`gave up on ${host} after ${often}: ${result.reason}`, {
        next: toNext(result, everAnswered),
      });
    }
    note(`${result.reason}; asking again in ${(delayMs / 1000).toFixed(1)} s`);
    await clock.sleep(delayMs, signal);
  }
}

function toNext({ retryAfterMs }: Retry, everAnswered: boolean): string {
  if (!everAnswered) return 'Check the network and HUBSPOT_API_URL.';
  const when = retryAfterMs === undefined ? '' : ` in ${toWait(retryAfterMs)}`;
  return `Run extract again${when} to go on; what was fetched is kept.`;
}
