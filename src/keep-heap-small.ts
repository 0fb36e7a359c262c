import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation as small as it begins: the garbage of thousands of pages would make it double again and
 * again, and it never shrinks. For the whole process; where V8 does not know a flag, memory merely grows further.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  // MiB, of threads started from now on, whose young generation would not grow either: as much as their limits allow.
  setFlagsFromString('--min-semi-space-size=8');
}
