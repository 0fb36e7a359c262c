import { getManyValues, none } from 'stream-chain/core';
import { assembler } from 'stream-json/assembler.js';
import { jsonParser, type Token } from 'stream-json/parser.js';
import { exactNumber } from '../json.ts';
import { createInvalidCounter } from './decode.ts';
import { NO_ARRAY } from './normalize/join-pages.ts';
import type { Records } from './normalize/records.ts';

/** More than any record of HubSpot has: bytes from one record's end to the next, and tokens of JSON. */
const MAX_RECORD_BYTES = 32 * 2 ** 20;
const MAX_RECORD_TOKENS = 1_000_000;

/**
 * The items of the `results` array of a JSON document that comes in pieces, as JSON.parse would give them, with exact
 * numbers and any nesting; each piece's items as soon as they are complete. For documents too large to hold.
 * Throws SyntaxError when the document is no JSON, or cut short, or its `results` is not one array, or a record in it is
 * too large to hold.
 */
export async function* streamRecords(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Records, void, undefined> {
  const decoder = new TextDecoder();
  const countInvalid = createInvalidCounter();
  const { read, seen } = createReader();
  let recordBytes = 0;
  for await (const piece of pieces) {
    const text = decoder.decode(piece, { stream: true });
    const values = text === '' ? [] : read(text);
    recordBytes = values.length > 0 ? 0 : recordBytes + piece.length;
    if (recordBytes > MAX_RECORD_BYTES) throw new SyntaxError(TOO_LARGE);
    const invalidUtf8 = countInvalid(piece, text);
    if (values.length > 0 || invalidUtf8 > 0) yield { values, isByteText: false, invalidUtf8 };
  }
  const text = decoder.decode();
  const values = [...read(text), ...read(none)];
  if (values.length > 0 || text !== '') {
    yield { values, isByteText: false, invalidUtf8: countInvalid(new Uint8Array(), text) };
  }
  if (!seen()) throw new SyntaxError(NO_ARRAY);
}

const TOO_LARGE = 'a record of it is too large';

/**
 * The value of a JSON text as {@link streamRecords} would give it; several times slower than JSON.parse. Throws
 * SyntaxError.
 */
export function parseByTokens(json: string): unknown {
  const { read } = createReader();
  const values = read('{"results":[');
  // All tokens at once would take many times the text's memory.
  for (let at = 0; at < json.length; at += 65_536)
    values.push(...read(json.slice(at, at + 65_536)));
  values.push(...read(']}'), ...read(none));
  return values[0];
}

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
  let tokenCount = 0;
  const take = (token: Token, items: unknown[]): void => {
    if (inside) {
      if (item.done && token.name === 'endArray') inside = false;
      else {
        item.consume(token);
        tokenCount += 1;
        if (tokenCount > MAX_RECORD_TOKENS) throw new Error(TOO_LARGE);
        if (!item.done) return;
        tokenCount = 0;
        items.push(item.current);
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
