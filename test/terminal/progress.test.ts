import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createLog } from '../../src/terminal/log.ts';
import { createProgressBar, createProgressLines } from '../../src/terminal/progress.ts';
import { toProgressLine } from '../../src/terminal/progress-line.ts';

describe('a line about how far a stage is', () => {
  const state = { done: 15_000, total: 30_000, unit: 'rows', detail: '2026/11/24/015000Z-full' };
  const since = { done: 10_000, seconds: 2 };

  test('has a bar, counts, the rate and the detail', () => {
    expect(toProgressLine({ stage: 'load', state, since, columns: 120 })).toBe(
      'load  ████████████░░░░░░░░░░░░ 50 %  15,000 of 30,000 rows, 5,000/s, 2026/11/24/015000Z-full',
    );
  });

  test('leaves out what does not fit the terminal, and never wraps', () => {
    expect(toProgressLine({ stage: 'load', state, since, columns: 80 })).toBe(
      'load  ████████████░░░░░░░░░░░░ 50 %  15,000 of 30,000 rows, 5,000/s',
    );
    for (let columns = 1; columns < 90; columns++) {
      expect(toProgressLine({ stage: 'load', state, since, columns }).length).toBeLessThanOrEqual(
        columns,
      );
    }
  });

  test('has no bar while the end is unknown, and no rate in the first moments', () => {
    const soon = { done: 1, seconds: 0.1 };
    const pages = { done: 1, unit: 'records', detail: '1 pages' };
    expect(toProgressLine({ stage: 'extract', state: pages, since: soon, columns: 80 })).toBe(
      'extract  1 record, 1 pages',
    );
    const bytes = { done: 131_000_000, unit: 'bytes' };
    const later = { done: 131_000_000, seconds: 10 };
    expect(toProgressLine({ stage: 'verify', state: bytes, since: later, columns: 80 })).toBe(
      'verify  131 MB, 13 MB/s',
    );
  });

  test('is full when nothing is to do, and never before the end', () => {
    const line = (done: number, total: number) =>
      toProgressLine({ stage: 'x', state: { done, total, unit: 'rows' }, since, columns: 80 });
    expect(line(0, 0)).toContain('█ 100 %');
    expect(line(999, 1000)).toContain('█░ 99 %');
  });
});

/** A terminal of 80 columns, and what was written to it. */
function createTerminal() {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  Object.assign(stream, { isTTY: true, columns: 80 });
  return { stream, read: () => String(stream.read() ?? '') };
}

test('a note is on the screen though the bar is taken away at once', () => {
  const { stream, read } = createTerminal();
  const bar = createProgressBar('load', stream, () => 0);
  bar.note('left out: run 2026/11/24/015000Z-full');
  bar.stop();
  bar.stop();
  expect(read()).toContain('load: left out: run 2026/11/24/015000Z-full\n');
});

test('a long note is all on the screen, in lines that fit it', () => {
  const { stream, read } = createTerminal();
  const bar = createProgressBar('extract', stream, () => 0);
  const words = Array.from({ length: 40 }, (_, n) => `word${n}`).join(' ');
  bar.note(words);
  bar.stop();
  const lines = read()
    .split('\n')
    .filter((line) => line.includes('word'));
  expect(lines.map((line) => line.replace(/^.*extract: /, '').trim()).join(' ')).toBe(words);
  expect(lines.slice(1).every((line) => line.length <= 80)).toBe(true);
});

test('what was there before is not counted into the rate', () => {
  const { stream, read } = createTerminal();
  let ms = 0;
  const bar = createProgressBar('extract', stream, () => ms);
  bar.update({ done: 10_000, total: 30_000, unit: 'records' });
  ms = 10_000;
  bar.update({ done: 15_000, total: 30_000, unit: 'records' });
  bar.stop();
  expect(read()).toContain('15,000 of 30,000 records, 500/s');
});

test('elsewhere a line is logged every minute, and every note', () => {
  const lines: string[] = [];
  let ms = 0;
  const log = createLog(
    'text',
    (text) => lines.push(text),
    () => new Date(ms),
  );
  const progress = createProgressLines('load', log, () => ms);
  for (ms = 0; ms <= 125_000; ms += 1_000) {
    progress.update({ done: ms, total: 150_000, unit: 'rows', detail: 'run' });
  }
  progress.note('a note');
  progress.announce?.('starting: a log has what came of it');
  expect(lines).toEqual([
    'load: 60,000 of 150,000 rows, run\n',
    'load: 120,000 of 150,000 rows, run\n',
    'load: a note\n',
  ]);
});
