import { createHash, hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { cannotRead } from '../archive/runs.ts';
import { ArchiveError } from '../errors.ts';

/** What a page file must be, as the journal says. */
export interface PageProof {
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

const CHUNK_BYTES = 64 * 1024;

/**
 * The bytes of a page file, or null for a file above `maxBytes` (see {@link streamPage}); proven in either case to be
 * those the journal saw. Throws ArchiveError naming the file when it is missing or another.
 */
export async function readPage(
  file: string,
  proof: PageProof,
  maxBytes: number,
): Promise<Buffer | null> {
  return withFile(file, async (handle) => {
    const { size } = await handle.stat();
    if (size !== proof.bytes) {
      throw new ArchiveError(
        `${file} is damaged: it has ${size} bytes, the journal says ${proof.bytes}`,
      );
    }
    const bytes = size > maxBytes ? null : await handle.readFile();
    const sha256 = bytes === null ? await hashFile(handle) : hash('sha256', bytes, 'hex');
    if (sha256 !== proof.sha256) {
      throw new ArchiveError(
        `${file} is damaged: its sha256 is ${sha256}, the journal says ${proof.sha256}`,
      );
    }
    return bytes;
  });
}

/** The bytes of a page file in pieces. Throws ArchiveError when it cannot be read. */
export async function* streamPage(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  const handle = await open(file).catch((error: unknown) => {
    throw cannotRead(file, error);
  });
  try {
    yield* handle.createReadStream({ highWaterMark: CHUNK_BYTES, autoClose: false });
  } catch (error) {
    throw cannotRead(file, error);
  } finally {
    await handle.close();
  }
}

async function hashFile(handle: FileHandle): Promise<string> {
  const digest = createHash('sha256');
  const options = { start: 0, highWaterMark: CHUNK_BYTES, autoClose: false };
  for await (const piece of handle.createReadStream(options)) digest.update(piece);
  return digest.digest('hex');
}

async function withFile<T>(file: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  try {
    const handle = await open(file);
    try {
      return await use(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw error instanceof ArchiveError ? error : cannotRead(file, error);
  }
}
