import { measureText, toVisible } from '../../terminal/visible-text.ts';
import type { Tally } from '../average.ts';
import { formatCount, toWeekday } from '../describe-report.ts';
import { displayAverages } from '../display-averages.ts';
import type { Report, ReportDay } from '../report.ts';
import { escapeName, escapeTypeName, toScriptJson } from './escape-html.ts';
import { formatDay } from './format-day.ts';
import { sortTypes } from './sort-types.ts';

/** A table of more days than these leaves out the empty ones: data of 1970 and 2106 make 49,673 of them. */
const MOST_ROWS = 4000;
/** More types than these do not fit on paper. */
const MANY_TYPES = 10;

/** More days than these scroll in a window of their own, under a head that stays. */
const LONG = 62;

/** What a table may take to be shown without a window of its own, in pixels at most: then its head stays on the screen. */
const FITTING = 1100;

/** The table of days, and what page.js needs to show one type's averages in it. */
export interface DayTable {
  html: string;
  /** How many days are left out, all without engagements. */
  leftOut: number;
}

/** All days in a table, the newest first, with the total, its average, and a column for each type. Pure. */
export function toDayTable(report: Report): DayTable {
  const { days } = report;
  const shown = days
    .map((day, index) => ({ day, index }))
    .filter(({ day }) => days.length <= MOST_ROWS || day.total.count > 0)
    .reverse();
  const pickShown = (texts: string[]): string[] => shown.map(({ index }) => texts[index] as string);
  const columns = sortTypes(report);
  const averages = pickShown(displayAverages(report));
  const averagesByType = columns.map(({ index }) =>
    pickShown(displayAverages(report, (day) => day.types[index] as Tally)),
  );
  const total = columns.reduce((sum, column) => sum + column.total, 0);
  const fits = estimateWidth(columns.map(({ name }) => name)) <= FITTING;
  const names = columns.map(({ name }) => `<th scope="col">${escapeTypeName(name)}`);
  const sums = columns.map((column) => toCell(column.total));
  const data = { types: columns.map(({ name }) => toVisible(name)), averages, averagesByType };
  // Cells need no end tags, and there may be a hundred thousand of them.
  const html = [
    `<div class="scroll${shown.length > LONG ? ' long' : fits ? ' fits' : ''}" tabindex="0" role="region" aria-label="Table of days">`,
    `<table id="days"${columns.length > MANY_TYPES ? ' class="many"' : ''}>`,
    `<thead><tr><th scope="col">Day<th scope="col">Total<th scope="col">${report.window}-day average${names.join('')}</tr></thead>`,
    '<tbody>',
    ...shown.map(({ day }, row) => {
      const counts = columns.map(({ index }) => toCell((day.types[index] as Tally).count));
      return `${toHead(day, report.today)}${toCell(day.total.count)}<td>${averages[row]}${counts.join('')}`;
    }),
    '</tbody>',
    `<tfoot><tr><th scope="row">Total${toCell(total)}<td>${sums.join('')}</tr></tfoot>`,
    '</table></div>',
    `<script type="application/json" id="averages">${toScriptJson(data)}</script>`,
  ];
  return { html: html.join('\n'), leftOut: days.length - shown.length };
}

/** What chooses a type; hidden where there is no script to do it. */
export function toTypeFilter(report: Report): string {
  const options = sortTypes(report).map(
    ({ name }, column) => `<option value="${column}">${escapeName(name)}</option>`,
  );
  return [
    '<p id="status" role="status"></p>',
    `<div id="filter" hidden><label for="type">Type</label><select id="type"><option value="">All types</option>${options.join('')}</select></div>`,
  ].join('\n');
}

function toHead({ day }: ReportDay, today: string): string {
  const weekday = toWeekday(day);
  const rest = weekday.startsWith('S') ? ' class="rest"' : '';
  const note = day === today ? '<span class="today">so far today</span>' : '';
  // As wide as two figures, so that days stand below each other.
  const date = formatDay(day).replace(/^(?=\d )/, '\u2007');
  return `<tr${rest}><th scope="row" data-day="${day}"><span class="weekday">${weekday}</span>${date}${note}`;
}

function toCell(count: number): string {
  return count === 0 ? '<td class="zero">0' : `<td>${formatCount(count)}`;
}

/** Generously: names may part after underscores, and numbers have seven figures. */
function estimateWidth(names: string[]): number {
  const widths = names.map((name) => {
    const longest = Math.max(...name.split('_').map((part) => measureText(toVisible(part))));
    return Math.max(90, 45 + 10 * longest);
  });
  return widths.reduce((sum, width) => sum + width, 440);
}
