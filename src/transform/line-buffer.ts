import { releaseBytes } from '../release-bytes.ts';

/**
 * Lines of byte text gathered in one growing buffer: a row's bytes serve for its hash as well as for the file.
 */
export interface LineBuffer {
  /** Appends byte text. */
  append(text: string): void;
  /** The bytes from `start` on; valid until the next append. */
  bytesFrom(start: number): Uint8Array<ArrayBuffer>;
  /** Takes back the bytes from `start` on. */
  cutFrom(start: number): void;
  byteLength(): number;
  /** Makes room for so many bytes in all, if there is none: growing as it goes takes up to twice as much. */
  reserve(byteCount: number): void;
}

/** An empty one. */
export function createLineBuffer(): LineBuffer {
  let buffer = Buffer.allocUnsafeSlow(1024);
  let length = 0;
  const grow = (byteCount: number): void => {
    const larger = Buffer.allocUnsafeSlow(byteCount);
    buffer.copy(larger, 0, 0, length);
    releaseBytes(buffer);
    buffer = larger;
  };
  return {
    append(text) {
      const needed = length + text.length;
      if (needed > buffer.length) grow(Math.max(needed, buffer.length * 2));
      length += buffer.write(text, length, 'latin1');
    },
    reserve(byteCount) {
      if (byteCount > buffer.length) grow(byteCount);
    },
    bytesFrom: (start) => buffer.subarray(start, length),
    cutFrom(start) {
      length = start;
    },
    byteLength: () => length,
  };
}
