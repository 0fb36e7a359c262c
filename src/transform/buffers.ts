import { releaseBytes } from '../release-bytes.ts';
import { createLineBuffer, type LineBuffer } from './line-buffer.ts';

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
      let room = rooms[turn] as Buffer;
      if (room.length < byteCount) {
        releaseBytes(room);
        room = Buffer.allocUnsafeSlow(byteCount);
        rooms[turn] = room;
      }
      return room;
    },
  };
}
