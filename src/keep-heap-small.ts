import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation as small as it begins: the garbage of thousands of pages would make it double again and
 * again, and it never shrinks. For the whole process; where V8 does not know the flag, memory merely grows further.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
