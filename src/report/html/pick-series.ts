import { plural } from '../describe-report.ts';
import type { Report } from '../report.ts';
import { sortTypes } from './sort-types.ts';

/** What has one colour in the chart: a type, or all the small ones together. */
export interface Series {
  name: string;
  /** Which of the report's types it counts. */
  types: number[];
}

/** As many as there are colours in page.css (`.c0` …); more would not be told apart. */
const MOST_SERIES = 8;

/** The types that have engagements, the most frequent first; where colours do not do, the rest as one. */
export function pickSeries(report: Report): Series[] {
  const types = sortTypes(report).filter(({ total }) => total > 0);
  const kept = types.length > MOST_SERIES ? types.slice(0, MOST_SERIES - 1) : types;
  const rest = types.slice(kept.length).map(({ index }) => index);
  const series = kept.map(({ name, index }) => ({ name, types: [index] }));
  return rest.length === 0
    ? series
    : [...series, { name: plural(rest.length, 'other type'), types: rest }];
}
