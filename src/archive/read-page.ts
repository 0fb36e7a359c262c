import { createHash, hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, read } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';
import { ArchiveError, isSystemError } from '../errors.ts';
import { cannotRead } from '../files.ts';

/** What the journal says of a page's content, which its file may hold compressed (`.gz`). */
export interface PageProof {
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

const CHUNK_BYTES = 32 * 1024;

/**
 * The content of a page file, or null for one above `maxBytes` (see {@link streamPage}); proven in either case to be
 * what the journal saw. It is read into what `toRoom` has for so many bytes, if that is given.
 * Throws ArchiveError naming the file when it is missing or another.
 */
export async function readPage(
  file: string,
  proof: PageProof,
  maxBytes: number,
  toRoom: (byteCount: number) => Buffer = Buffer.allocUnsafeSlow,
): Promise<Buffer | null> {
  if (proof.bytes > maxBytes) {
    await provePage(file, proof);
    return null;
  }
  const bytes = await withFile(file, async (fd) => {
    // Nothing larger than what it should be is ever held.
    const { size } = fstatSync(fd);
    if (isCompressed(file)) {
      const packed = await readInto(fd, Buffer.allocUnsafeSlow(size));
      return unpack(packed, proof.bytes, toRoom);
    }
    if (size !== proof.bytes) return otherSize(file, size, proof);
    return readInto(fd, toRoom(size).subarray(0, size));
  });
  if (bytes.length !== proof.bytes) return otherSize(file, bytes.length, proof);
  assertSha256(file, hash('sha256', bytes, 'hex'), proof);
  return bytes;
}

/** What fits, less if the file is shorter by now. */
async function readInto(fd: number, room: Buffer): Promise<Buffer> {
  for (let length = 0; length < room.length; ) {
    const { bytesRead } = await promisify(read)(fd, room, length, room.length - length, null);
    if (bytesRead === 0) return room.subarray(0, length);
    length += bytesRead;
  }
  return room;
}

/** Reads a page file through, whatever its size. Throws ArchiveError when it is missing or not what the journal saw. */
export async function provePage(file: string, proof: PageProof): Promise<void> {
  const digest = createHash('sha256');
  let size = 0;
  for await (const piece of streamPage(file)) {
    digest.update(piece);
    size += piece.length;
  }
  if (size !== proof.bytes) otherSize(file, size, proof);
  assertSha256(file, digest.digest('hex'), proof);
}

/**
 * The content of a page file in pieces, each of which is valid until the next is asked for. Throws ArchiveError when it
 * cannot be read.
 */
export async function* streamPage(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  const handle = await open(file).catch((error: unknown) => {
    throw cannotRead(file, error);
  });
  try {
    yield* isCompressed(file) ? unpackPieces(handle) : readPieces(handle);
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    await handle.close();
  }
}

// One buffer for all pieces: what a stream allocates for each would gather until the garbage collector comes.
async function* readPieces(handle: FileHandle): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* unpackPieces(handle: FileHandle): AsyncGenerator<Uint8Array, void, undefined> {
  const stream = handle.createReadStream({ highWaterMark: CHUNK_BYTES, autoClose: false });
  // The callback only keeps the error from being thrown a second time.
  yield* pipeline(stream, createGunzip(), () => {});
}

/** Whether a page file holds its content compressed. */
export function isCompressed(file: string): boolean {
  return file.endsWith('.gz');
}

async function unpack(
  packed: Buffer,
  byteCount: number,
  toRoom: (byteCount: number) => Buffer,
): Promise<Buffer> {
  // One byte more than there should be is enough to tell; and with room for it, all comes as one chunk.
  const whole = await promisify(gunzip)(packed, {
    maxOutputLength: byteCount + 1,
    chunkSize: Math.min(Math.max(byteCount + 1, 64), 16 * 2 ** 20),
  });
  const room = toRoom(whole.length).subarray(0, whole.length);
  whole.copy(room);
  return room;
}

function otherSize(file: string, size: number, { bytes }: PageProof): never {
  throw new ArchiveError(`${file} is damaged: it has ${size} bytes, the journal says ${bytes}`);
}

function assertSha256(file: string, actual: string, { sha256 }: PageProof): void {
  if (actual === sha256) return;
  throw new ArchiveError(`${file} is damaged: its sha256 is ${actual}, the journal says ${sha256}`);
}

function unreadable(file: string, error: unknown): ArchiveError {
  if (error instanceof ArchiveError) return error;
  if (isSystemError(error, 'ERR_BUFFER_TOO_LARGE')) {
    return new ArchiveError(`${file} is damaged: it has more bytes than the journal says`);
  }
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && code.startsWith('Z_')) {
    return new ArchiveError(`${file} is damaged: it cannot be decompressed`, { cause: error });
  }
  return cannotRead(file, error);
}

// Opened at once, so that a page is read while another one keeps this thread busy.
async function withFile<T>(file: string, use: (fd: number) => Promise<T>): Promise<T> {
  try {
    const fd = openSync(file, 'r');
    try {
      return await use(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw unreadable(file, error);
  }
}
