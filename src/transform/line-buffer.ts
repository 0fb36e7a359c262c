/**
 * UTF-8 lines gathered in one growing buffer: each row is encoded once, for its hash as well as for the file.
 */
export interface LineBuffer {
  /** Appends `text`; returns where its bytes start. */
  append(text: string): number;
  /** The bytes from `start` on; valid until the next append. */
  bytesFrom(start: number): Uint8Array;
  /** Takes back the last `byteCount` bytes. */
  cut(byteCount: number): void;
  byteLength(): number;
}

/** An empty buffer with room for `byteCount` bytes before it has to grow. */
export function createLineBuffer(byteCount: number): LineBuffer {
  let buffer = Buffer.allocUnsafeSlow(Math.max(byteCount, 1024));
  let length = 0;
  return {
    append(text) {
      // A UTF-16 unit takes three bytes of UTF-8 at most.
      const needed = length + text.length * 3;
      if (needed > buffer.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(needed, buffer.length * 2));
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
      const start = length;
      length += buffer.write(text, start, 'utf8');
      return start;
    },
    bytesFrom: (start) => buffer.subarray(start, length),
    cut(byteCount) {
      length -= byteCount;
    },
    byteLength: () => length,
  };
}
