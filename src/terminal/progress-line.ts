import type { Progress } from '../progress.ts';
import { toCount, toCounted, toSize } from './text.ts';

export type ProgressState = Parameters<Progress['update']>[0];

/** What a progress line is made from. */
export interface ProgressLineInput {
  stage: string;
  state: ProgressState;
  /** How many units were done since the stage began, without what it found done already, and in how many seconds. */
  since: { done: number; seconds: number };
  /** Width of the terminal. */
  columns: number;
}

const BAR_COLUMNS = 24;
/** The first moments tell no rate. */
const SETTLED_SECONDS = 0.5;

/**
 * One line about how far a stage is, such as `load  ████████████░░░░░░░░░░░░ 50 %  15,000 of 30,000 rows, 12,345/s`.
 * What does not fit the width is left out, from the end. Pure.
 */
export function toProgressLine({ stage, state, since, columns }: ProgressLineInput): string {
  const { done, total, unit, detail } = state;
  const count = (value: number): string => (unit === 'bytes' ? toSize(value) : toCount(value));
  const parts: string[] = [];
  if (total === undefined) {
    parts.push(`${stage}  ${unit === 'bytes' ? toSize(done) : toCounted(done, unit)}`);
  } else {
    const part = total > 0 ? Math.min(1, done / total) : 1;
    const filled = Math.floor(part * BAR_COLUMNS);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_COLUMNS - filled);
    const of = `${count(done)} of ${count(total)}${unit === 'bytes' ? '' : ` ${unit}`}`;
    parts.push(`${stage}  ${bar} ${Math.floor(part * 100)} %  ${of}`);
  }
  if (since.seconds >= SETTLED_SECONDS) {
    parts.push(`, ${count(Math.round(since.done / since.seconds))}/s`);
  }
  if (detail !== undefined) parts.push(`, ${detail}`);
  return parts
    .reduce((line, part) => (line.length + part.length <= columns ? line + part : line))
    .slice(0, columns);
}
