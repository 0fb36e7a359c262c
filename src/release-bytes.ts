/**
 * Gives the memory of `bytes` back at once, if they are all of their buffer; they are empty afterwards. The garbage
 * collector, which knows little of memory outside its heap, would let some fifty pages gather first.
 */
export function releaseBytes(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength) buffer.transfer(0);
}
