import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exactNumber, isRawNumber, parseJson } from '../src/json.ts';

const roundTrip = (text: string): string => JSON.stringify(parseJson(text));

describe('numbers that a double cannot hold keep their digits', () => {
  test.each([
    '9007199254740993',
    '-9007199254740993',
    '123456789012345678901234567890',
    '1e400',
    '-1E+400',
    '0.1234567890123456789',
    '-1.0000000000000010000000001',
    '123456789012345678901e-10',
    '1.2345678901234567e-310',
    '[9007199254740993]',
    '[[1,[9007199254740993,2]]]',
    '{"a":{"b":[{"c":9007199254740993}]}}',
    '{"id":12345678901234567890,"threadId":-9223372036854775808}',
  ])('%s', (text) => {
    expect(roundTrip(text)).toBe(text);
  });

  test('with spaces around them', () => {
    const text = '{ "a" : \n 9007199254740993 , "b" : [\t-9007199254740995 ] }';
    expect(roundTrip(text)).toBe('{"a":9007199254740993,"b":[-9007199254740995]}');
  });

  test('as objects that tell their text', () => {
    const { id } = parseJson('{"id":9007199254740993}') as { id: unknown };
    expect(isRawNumber(id) && id.rawJSON).toBe('9007199254740993');
    expect(isRawNumber(2 ** 53)).toBe(false);
    expect(isRawNumber({ rawJSON: '1' })).toBe(false);
    expect(isRawNumber(null)).toBe(false);
  });
});

describe('all other values are those of JSON.parse', () => {
  test.each([
    '9007199254740991',
    '{"id":-9007199254740991,"big":1e15,"tiny":1e-300}',
    '[0,1.5,-2.25,0.1234567890123456,1e3,1.00,1.50000000000000000000,9007199254740991.0]',
    '[1.00000000000000000001,-1e-400]',
    '{"text":"12345678901234567890 and :12345678901234567890","n":1}',
    '"[9007199254740993]"',
    '{"9007199254740993":[]}',
    'null',
    '[]',
  ])('%s', (text) => {
    expect(parseJson(text)).toStrictEqual(JSON.parse(text));
  });

  test('-0 is 0 when written', () => {
    expect(Object.is(parseJson('-0'), -0)).toBe(true);
    expect(roundTrip('{"a":-0,"b":9007199254740993}')).toBe('{"a":0,"b":9007199254740993}');
  });

  test('a key named __proto__ is a key', () => {
    const text = '{"__proto__":9007199254740993}';
    expect(roundTrip(text)).toBe(text);
  });
});

test.each(['', '{', '[9007199254740993', '{"a":9007199254740993,}', '<html>'])(
  '%s is refused as by JSON.parse',
  (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  },
);

test('any JSON with any integers in any place comes back as it was', () => {
  const integer = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String);
  const string = fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text));
  const digits = fc.bigInt({ min: 10n ** 15n, max: 10n ** 25n }).map((n) => `"x: ${n}"`);
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(integer, string, digits, fc.constantFrom('null', 'true', 'false', '1.5')),
      fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
      fc
        .uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,5}$/), tie('value')), {
          maxLength: 4,
          selector: ([key]) => key,
        })
        .map((entries) => `{${entries.map(([key, item]) => `"${key}":${item}`).join(',')}}`),
    ),
  }));
  fc.assert(
    fc.property(value, (text) => {
      expect(roundTrip(text)).toBe(text);
    }),
  );
});

test('exactNumber keeps a number where it can', () => {
  expect(exactNumber(12, '12')).toBe(12);
  expect(exactNumber(Number.MAX_SAFE_INTEGER, '9007199254740991')).toBe(9007199254740991);
  expect(JSON.stringify(exactNumber(2 ** 53, '9007199254740993'))).toBe('9007199254740993');
});

test('a fraction of very many digits is read in no time', () => {
  const long = `0.1${'0'.repeat(1_000_000)}1`;
  expect(roundTrip(long) === long).toBe(true);
  expect(roundTrip(`0.1${'0'.repeat(1_000_000)}`)).toBe('0.1');
});
