import type { Tally } from '../average.ts';
import { formatCount, plural } from '../describe-report.ts';
import { displayAverages, NO_AVERAGE } from '../display-averages.ts';
import type { Report, ReportDay } from '../report.ts';
import { escapeTypeName } from './escape-html.ts';
import { formatShare } from './format-share.ts';
import { findNewest, formatChange, toChange } from './key-figures.ts';
import type { Series } from './pick-series.ts';
import { sortTypes } from './sort-types.ts';

/**
 * The totals of each type, the most frequent first, with its share as a bar in its colour of the chart, its newest average,
 * and how that stands to the average of a window before. Pure.
 */
export function toTypeTable(report: Report, series: Series[]): string {
  const total = report.days.reduce((sum, day) => sum + day.total.count, 0);
  const newest = findNewest(report);
  const rows = sortTypes(report).map(({ name, index, total: count }) => {
    const share = total === 0 ? 0 : (100 * count) / total;
    const colour = series.findIndex((each) => each.types.includes(index));
    const pick = (day: ReportDay): Tally => day.types[index] as Tally;
    const average = displayAverages(report, pick)[newest];
    return [
      `<tr><th scope="row">${escapeTypeName(name)}`,
      `<td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="10"/><rect class="c${colour}" width="${share.toFixed(2)}" height="10"/></svg>`,
      `<td>${formatCount(count)}<td>${formatShare(share)}<td>${average ?? NO_AVERAGE}<td>${formatChange(toChange(report, pick))}`,
    ].join('');
  });
  return [
    '<table id="types">',
    `<thead><tr><th scope="col">Type<td class="bar"><th scope="col">Engagements<th scope="col">Share<th scope="col">${report.window}-day average<th scope="col">vs ${plural(report.window, 'day')} before</tr></thead>`,
    `<tbody>\n${rows.join('\n')}\n</tbody></table>`,
  ].join('\n');
}
