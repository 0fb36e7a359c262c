import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createJsonChecker } from '../../src/transform/json-checker.ts';

const check = (bytes: Uint8Array, size = bytes.length) => {
  const checker = createJsonChecker();
  for (let at = 0; at < bytes.length; at += size) checker.take(bytes.subarray(at, at + size));
  return checker.where();
};

/** Whether JSON.parse would take it. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const NEXT = Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n));

/** Whether JSON.parse, given `text` and some character more, is content with all of `text`. */
const isBeginning = (text: string): boolean =>
  NEXT.some((next) => {
    try {
      JSON.parse(text + next);
      return true;
    } catch (error) {
      const { message } = error as Error;
      const [, position] = /at position (\d+)/.exec(message) ?? [];
      return message.includes('end of JSON') || Number(position) > text.length;
    }
  });

const pieces = fc.constantFrom(
  ...'{ } [ ] , : " \\ \\u00e9 \\n \\x é 😀 0 12 -1 01 1.5 1. .5 1e3 1E-7 e +1 true false null nul tru'.split(
    ' ',
  ),
  ' ',
  '\n',
  '\u0001',
  '{"a":',
  '[{"b":"c"}]',
);
const text = fc.oneof(
  fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
  fc.json(),
  fc.tuple(fc.json(), fc.nat(), pieces).map(([json, n, piece]) => {
    const at = n % (json.length + 1);
    return json.slice(0, at) + piece + json.slice(at);
  }),
  fc.tuple(fc.json(), fc.nat()).map(([json, n]) => json.slice(0, n % (json.length + 1))),
);

test('accepts what JSON.parse accepts, in pieces of any size', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 9 }), (own, size) => {
      const bytes = Buffer.from(own);
      expect(check(bytes) === null).toBe(isJson(own));
      expect(check(bytes, size)).toBe(check(bytes));
    }),
    { numRuns: 1000 },
  );
});

test('all before the byte it names could be the beginning of JSON', () => {
  fc.assert(
    fc.property(text, (own) => {
      const bytes = Buffer.from(own);
      const [, at] = /^at byte (\d+) of/.exec(check(bytes) ?? '') ?? [];
      if (at === undefined) return;
      const before = bytes.subarray(0, Number(at)).toString();
      if (!before.includes('\ufffd')) expect(isBeginning(before) || isJson(before)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['', 'cut short after 0 bytes'],
  ['\ufeff{}', null],
  ['\ufeff', 'cut short after 3 bytes'],
  ['{"a":x}', 'at byte 5 of 7'],
  ['{"é":x}', 'at byte 6 of 8'],
  ['{"a":"\n"}', 'at byte 6 of 9'],
  ['{"a":"\\x"}', 'at byte 7 of 10'],
  ['{"a":"\\u12g4"}', 'at byte 10 of 14'],
  ['[1,]', 'at byte 3 of 4'],
  ['{"a":1,}', 'at byte 7 of 8'],
  ['{} {}', 'at byte 3 of 5'],
  ['[01]', 'at byte 2 of 4'],
  ['[1.]', 'at byte 3 of 4'],
  ['[1}', 'at byte 2 of 3'],
  ['[nul]', 'at byte 4 of 5'],
  ['{"a":"long', 'cut short after 10 bytes'],
  [`${'['.repeat(100_000)}x`, 'at byte 100000 of 100001'],
])('of %j: %s', (own, where) => {
  expect(check(Buffer.from(own))).toBe(where);
});
