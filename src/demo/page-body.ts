/**
 * A JSON body whose `results` are `items`: `head` goes before them, `tail` behind. Bytes record by record, because a
 * page as one string would stay in memory until the next full collection.
 */
export function toPageBody(head: string, items: Iterable<unknown>, tail: string): Buffer {
  const parts: Buffer[] = [];
  for (const item of items) {
    parts.push(Buffer.from((parts.length > 0 ? ',' : '') + JSON.stringify(item)));
  }
  return Buffer.concat([Buffer.from(head), ...parts, Buffer.from(tail)]);
}
