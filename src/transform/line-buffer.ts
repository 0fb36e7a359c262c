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
}

/** An empty one. */
export function createLineBuffer(): LineBuffer {
  let buffer = Buffer.allocUnsafeSlow(1024);
  let length = 0;
  return {
    append(text) {
      const needed = length + text.length;
      if (needed > buffer.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(needed, buffer.length * 2));
        buffer.copy(larger, 0, 0, length);
        releaseBytes(buffer);
        buffer = larger;
      }
      length += buffer.write(text, length, 'latin1');
    },
    bytesFrom: (start) => buffer.subarray(start, length),
    cutFrom(start) {
      length = start;
    },
    byteLength: () => length,
  };
}
