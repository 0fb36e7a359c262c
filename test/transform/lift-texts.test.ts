import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasControlCharacters, liftTexts, putTextsBack } from '../../src/transform/lift-texts.ts';

const toBytes = (text: string) => Buffer.from(text).toString('latin1');
const putBack = (json: string, texts: string[]) => {
  let whole = '';
  putTextsBack(json, texts, (piece) => {
    whole += piece;
  });
  return Buffer.from(whole, 'latin1').toString();
};

test('what is lifted and put back is what JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 9 }), (value, minLength) => {
      const json = JSON.stringify(value);
      const lifted = liftTexts(toBytes(json), minLength);
      if (lifted === null) return;
      expect(putBack(JSON.stringify(JSON.parse(lifted.json)), lifted.texts)).toBe(json);
      for (const text of lifted.texts) expect(text.length).toBeGreaterThanOrEqual(minLength);
    }),
    { numRuns: 1000 },
  );
});

test('what is no JSON is none without its texts either', () => {
  const piece = fc.constantFrom(...'" \\ \\" \\\\ \\u0041 \\x { } [ ] : , a é 1'.split(' '), ' ');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const text = toBytes(pieces.join(''));
      const lifted = liftTexts(text, 0);
      const isJson = (own: string): boolean => {
        try {
          JSON.parse(own);
          return true;
        } catch {
          return false;
        }
      };
      if (lifted !== null) expect(isJson(lifted.json)).toBe(isJson(text));
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['{"abcd":"abcd", "abcd"  :"abc"}', ['abcd']],
  ['["a\\"bc","ab\\\\","\\\\\\"\\n"]', ['a\\"bc', 'ab\\\\', '\\\\\\"\\n']],
  ['["ab\\/cd","ab\\u0041","abcd"]', ['abcd']],
  ['["abcd', []],
])('of %s, %j are lifted', (page, texts) => {
  expect(liftTexts(page, 4)?.texts).toEqual(texts);
});

describe('byte text', () => {
  test('JSON.parse of bytes gives the bytes of the values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value);
        const lifted = liftTexts(toBytes(json), Number.POSITIVE_INFINITY);
        if (lifted !== null)
          expect(putBack(JSON.stringify(JSON.parse(lifted.json)), [])).toBe(json);
      }),
    );
  });

  test.each([
    ['a \\u0041 b', true],
    ['\\u001f', true],
    ['\\u007F', true],
    ['\\u0000', false],
    ['\\u0080', false],
    ['\\u00e9', false],
    ['\\u2028', false],
    ['\\ud83d\\ude00', false],
    ['\\\\u00e9', true],
    ['\\\\\\u00e9', false],
    ['\\', true],
  ])('is left by the escapes in "%s": %s', (text, expected) => {
    expect(liftTexts(`["${text}"]`, 1) !== null).toBe(expected);
  });
});

test('a control character is found wherever it stands', () => {
  const whole = Buffer.from('\u007f {"é😀"} '.repeat(3));
  for (let from = 0; from < 5; from++) {
    const bytes = whole.subarray(from);
    expect(hasControlCharacters(bytes)).toBe(false);
    for (let at = 0; at < bytes.length; at++) {
      const before = bytes[at] as number;
      for (const control of [0, 0x0a, 0x1f]) {
        bytes[at] = control;
        expect(hasControlCharacters(bytes)).toBe(true);
      }
      bytes[at] = before;
    }
  }
});
