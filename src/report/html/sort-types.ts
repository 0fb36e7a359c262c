import type { Report } from '../report.ts';
import { countType } from '../table-columns.ts';

/** One of the report's types. */
export interface TypeTotal {
  /** As HubSpot has it; to be escaped. */
  name: string;
  /** Its place in the report's types. */
  index: number;
  /** Its engagements over all days shown. */
  total: number;
}

/** The report's types, the most frequent first. */
export function sortTypes(report: Report): TypeTotal[] {
  return report.types
    .map((name, index) => ({ name, index, total: countType(report, index) }))
    .sort((a, b) => b.total - a.total);
}
