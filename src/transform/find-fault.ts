import { none } from 'stream-chain/core';
import { jsonVerifier, type VerifierError } from 'stream-json/utils/verifier.js';
import { withoutMark } from './decode.ts';

/**
 * Where a document stops being JSON, in words: neither JSON.parse nor stream-json's parser tells the byte. Null when it
 * is JSON.
 */
export async function findFault(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<string | null> {
  const verify = jsonVerifier();
  let byteCount = 0;
  let markBytes = 0;
  let brokenAt: number | null = null;
  for await (const piece of pieces) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const body = byteCount === 0 ? withoutMark(bytes) : bytes;
    markBytes += bytes.length - body.length;
    byteCount += bytes.length;
    // A byte a character, so that characters are counted as bytes.
    brokenAt ??= offsetOfError(() => verify(body.toString('latin1')));
  }
  if (brokenAt !== null) return `at byte ${markBytes + brokenAt} of ${byteCount}`;
  // A number may be the end of a document: it is known to be cut short when nothing more comes.
  const isWhole = offsetOfError(() => verify(none as never)) === null;
  return isWhole ? null : `cut short after ${byteCount} bytes`;
}

function offsetOfError(verify: () => unknown): number | null {
  try {
    verify();
    return null;
  } catch (error) {
    return (error as VerifierError).offset;
  }
}
