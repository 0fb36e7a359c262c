/**
 * Memory for the pages and lines at hand, used again and again: new buffers, page after page, are garbage that V8 looks
 * through all of its heap for, which takes as long as a page.
 */
export interface Buffers {
  /** One of two buffers, `turn` 0 or 1, with room for so many bytes at least. */
  toRoom(byteCount: number, turn: number): Buffer;
  /** One and the same. */
  lines: LineBuffer;
}

export function createBuffers(): Buffers {
  const rooms: Buffer[] = [Buffer.alloc(0), Buffer.alloc(0)];
  return {
    lines: createLineBuffer(),
    toRoom(byteCount, turn) {
      const room = rooms[turn] as Buffer;
      if (room.length >= byteCount) return room;
      const larger = Buffer.allocUnsafeSlow(byteCount);
      rooms[turn] = larger;
      return larger;
    },
  };
}

/** Lines of byte text gathered in one growing buffer: a row's bytes serve for its hash as well as for the file. */
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
