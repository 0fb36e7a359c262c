import { expect, test } from 'vitest';
import { wrapText } from '../../src/terminal/text.ts';
import {
  cutText,
  measureText,
  toVisible,
  toVisibleLines,
} from '../../src/terminal/visible-text.ts';

test.each([
  ['\x1b[31mred', '\\x1b[31mred'],
  ['a\nb\tc\rd', 'a\\x0ab\\x09c\\x0dd'],
  ['\x9b2J', '\\x9b2J'],
  ['\u202egnp.exe', '\\u{202e}gnp.exe'],
  ['a\u2028b', 'a\\u{2028}b'],
  ['lone \ud800', 'lone \\u{d800}'],
  ['\ufeffBOM', '\\u{feff}BOM'],
  ['👩‍💻 é ß 日本', '👩‍💻 é ß 日本'],
])('%j shows as %j', (text, shown) => {
  expect(toVisible(text)).toBe(shown);
});

test('line ends of a text stay', () => {
  expect(toVisibleLines('a\x1b\n\rb\n')).toBe('a\\x1b\n\\x0db\n');
});

test.each([
  ['', []],
  ['one two three', ['one two', 'three']],
  ['one  twothree', ['one', 'twothree']],
  ['a twothreefour five', ['a', 'twothree', 'four', 'five']],
])('%j in lines of 8 columns is %j', (text, lines) => {
  expect(wrapText(text, 8)).toEqual(lines);
});

test.each([
  ['CALL', 4],
  ['日本', 4],
  ['한국', 4],
  ['ＡＢ', 4],
  ['📞', 2],
  ['👩‍💻', 2],
  ['❤️', 2],
  ['e\u0301', 1],
  ['\u0301', 0],
  ['·–…─', 4],
  ['', 0],
])('%s takes %d columns', (text, width) => {
  expect(measureText(text)).toBe(width);
});

test.each([
  ['CALL', 4, 'CALL'],
  ['CALLS', 4, 'CAL…'],
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日…'],
  ['ab📞cd', 4, 'ab…'],
])('%s in %d columns is %s', (text, columns, cut) => {
  expect(cutText(text, columns)).toBe(cut);
});
