/**
 * Most bytes of a page lie in a few long texts, the bodies of e-mails. What JSON.stringify would write for them is what
 * HubSpot sent; so they need not be parsed, but can be lifted out of the records and put back into the lines: in a value,
 * `"\u0000<n>"` stands for the text n, as JSON has it, without quotes.
 */
export const MARK = '"\\u0000';

/** Hands `json` to `write` piece by piece, with the lifted texts in their places. */
export function putTextsBack(json: string, texts: string[], write: (piece: string) => void): void {
  if (texts.length === 0) {
    write(json);
    return;
  }
  let from = 0;
  for (let at = json.indexOf(MARK); at !== -1; at = json.indexOf(MARK, from)) {
    const end = json.indexOf('"', at + 1);
    write(json.slice(from, at + 1));
    write(texts[Number(json.slice(at + MARK.length, end))] as string);
    from = end;
  }
  write(json.slice(from));
}

/** The text (as JSON has it) that a value is the mark of; `undefined` when it is none. */
export function toLifted(value: string, texts: string[]): string | undefined {
  return value.charCodeAt(0) === 0 ? texts[Number(value.slice(1))] : undefined;
}
