import { expect, test } from 'vitest';
import { fillVariables } from '../../src/report/report-sql.ts';

const variables = { a: "it's", b: 'say "hi"', c: 'back\\slash', d: "':'a'" };

test.each([
  ["select :'a'", "select 'it''s'"],
  ['select :"a"', 'select "it\'s"'],
  ['select :"b"', 'select "say ""hi"""'],
  ["select :'c'", "select  E'back\\\\slash'"],
  ["select :'d', :'a'", "select ''':''a''', 'it''s'"],
  ["select :'a'::text::date", "select 'it''s'::text::date"],
  ['select x::\'a\', ::"a"', 'select x::\'a\', ::"a"'],
  ["-- :'a'\n:'a'", "-- :'a'\n'it''s'"],
  ["/* :'a'\n:\"a\" */ :'a'", "/* :'a'\n:\"a\" */ 'it''s'"],
  ["':''a' || ':\"a\"' || :'a'", "':''a' || ':\"a\"' || 'it''s'"],
  ['":\'a\'""" :"a"', '":\'a\'""" "it\'s"'],
  ["-- don't\n:'a'", "-- don't\n'it''s'"],
  ['array[1:2]', 'array[1:2]'],
])('%s becomes %s', (sql, filled) => {
  expect(fillVariables(sql, variables)).toBe(filled);
});

test('a variable without a value is a bug', () => {
  expect(() => fillVariables("select :'nobody'", variables)).toThrow('variable nobody');
});
