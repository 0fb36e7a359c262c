/**
 * Gives the memory of `bytes` back at once, if they are most of their buffer (and so not part of Node's pool); they are
 * empty afterwards, as is whatever shares it. The garbage collector, which knows little of memory outside its heap, would
 * let some fifty pages gather first.
 */
export function releaseBytes(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && 2 * bytes.byteLength > buffer.byteLength) buffer.transfer(0);
}
