import { getManyValues, none } from 'stream-chain/core';
import { assembler } from 'stream-json/assembler.js';
import { jsonParser, type Token } from 'stream-json/parser.js';
import { exactNumber } from '../json.ts';

/**
 * The items of the `results` array of a JSON document that comes in pieces, as JSON.parse would give them, with exact
 * numbers and any nesting; each piece's items as soon as they are complete. For documents too large to hold.
 * Throws SyntaxError when the document is no JSON, or cut short, or its `results` is not one array.
 */
export async function* streamRecords(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<unknown[], void, undefined> {
  const decoder = new TextDecoder();
  const { read, seen } = createReader();
  for await (const piece of pieces) {
    const text = decoder.decode(piece, { stream: true });
    const items = text === '' ? [] : read(text);
    if (items.length > 0) yield items;
  }
  const last = [...read(decoder.decode()), ...read(none)];
  if (last.length > 0) yield last;
  if (!seen()) throw new SyntaxError(NO_ARRAY);
}

/**
 * The value of a JSON text as {@link streamRecords} would give it; several times slower than JSON.parse. Throws
 * SyntaxError.
 */
export function parseByTokens(json: string): unknown {
  const { read } = createReader();
  return [...read(`{"results":[${json}]}`), ...read(none)][0];
}

/** What is wrong with JSON that is no page. */
export const NO_ARRAY = '"results" is not an array';

/** Reads a document piece by piece, `none` at its end; each time the items that are complete. Throws SyntaxError. */
function createReader(): { read(input: string | typeof none): unknown[]; seen(): boolean } {
  const parse = jsonParser({ streamValues: false });
  const collect = createCollector();
  return {
    read(input) {
      try {
        const output = parse(input as string);
        return output === none ? [] : collect.items(getManyValues(output));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        throw new SyntaxError(message, { cause: error });
      }
    },
    seen: collect.seen,
  };
}

/** Assembles the items of the array under the top-level key `results` from tokens; the rest passes unseen. */
function createCollector(): { items(tokens: Token[]): unknown[]; seen(): boolean } {
  const item = assembler();
  // The assembler puts whatever it is given into place; only its own numberValue would round.
  item.numberValue = (text) => item.stringValue(exactNumber(Number(text), text) as never);
  let depth = 0;
  let key: string | null = null;
  let inside = false;
  let found = false;
  const take = (token: Token, items: unknown[]): void => {
    if (inside) {
      if (item.done && token.name === 'endArray') inside = false;
      else {
        item.consume(token);
        if (item.done) items.push(item.current);
        return;
      }
    }
    if (token.name === 'keyValue' && depth === 1) key = token.value;
    else if (token.name === 'startArray' && depth === 1 && key === 'results') {
      if (found) throw new Error('it has "results" twice');
      inside = true;
      found = true;
    }
    if (token.name === 'startObject' || token.name === 'startArray') {
      if (depth === 0 && token.name === 'startArray') throw new Error(NO_ARRAY);
      depth += 1;
    } else if (token.name === 'endObject' || token.name === 'endArray') depth -= 1;
  };
  return {
    items(tokens) {
      const items: unknown[] = [];
      for (const token of tokens) take(token, items);
      return items;
    },
    seen: () => found,
  };
}
