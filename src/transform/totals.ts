import type { FieldCensus } from '../archive/manifest.ts';
import type { RunId } from '../archive/runs.ts';
import { GuardRefused } from '../errors.ts';
import { createCensus, type FieldCount } from './field-census.ts';
import type { Batch } from './normalize/records.ts';

/** How many records of a run may be rejected: so many, or so many of a hundred. */
export type MaxRejects = { count: number } | { percent: number };

/** What became of a run's records; records = rows + rejects. */
export interface Counts {
  records: number;
  rows: number;
  rejects: number;
  /** U+0000 and unpaired surrogates replaced by U+FFFD. */
  replacedCharacters: number;
  /** How many times bytes that are not UTF-8 were replaced by U+FFFD. */
  invalidUtf8: number;
  /** Rows of e-mails whose content HubSpot held back. */
  redacted: number;
}

/** A reason why records were rejected. */
export interface RejectReason {
  reason: string;
  count: number;
  /** The first such record: page and index, as in raw_page. */
  example: string;
}

/** What totals hold, as plain data. */
export interface TotalsSum {
  counts: Counts;
  reasons: RejectReason[];
  fields: FieldCount[];
}

/** Counts that grow with each batch, or with what others counted. */
export interface Totals {
  add(batch: Batch): void;
  addSum(sum: TotalsSum): void;
  sum(): TotalsSum;
  counts(): Counts;
  /** The fields that the rows have. */
  fields(): FieldCensus;
  /** The most frequent reasons first. */
  reasons(): RejectReason[];
}

/** One of nothing yet; `maxFields` as for {@link createCensus}. */
export function createTotals(maxFields?: number): Totals {
  const counts: Counts = {
    records: 0,
    rows: 0,
    rejects: 0,
    replacedCharacters: 0,
    invalidUtf8: 0,
    redacted: 0,
  };
  const reasons = new Map<string, RejectReason>();
  const census = createCensus(maxFields);
  const addReason = ({ reason, count, example }: RejectReason): void => {
    const known = reasons.get(reason);
    if (known !== undefined) known.count += count;
    // Reasons can hold values: a run of nothing but bad records must not fill the memory.
    else if (reasons.size < 1000) reasons.set(reason, { reason, count, example });
  };
  return {
    add({ lineEnds, rejects, replacedCharacters, invalidUtf8, redacted, fields }) {
      counts.records += lineEnds.length + rejects.length;
      counts.rows += lineEnds.length;
      counts.rejects += rejects.length;
      counts.replacedCharacters += replacedCharacters;
      counts.invalidUtf8 += invalidUtf8;
      counts.redacted += redacted;
      census.add(fields);
      for (const { reason, page, index } of rejects) {
        addReason({ reason, count: 1, example: `${page}#${index}` });
      }
    },
    addSum(sum) {
      for (const key of Object.keys(counts) as (keyof Counts)[]) counts[key] += sum.counts[key];
      census.add(sum.fields);
      sum.reasons.forEach(addReason);
    },
    sum: () => ({ counts: { ...counts }, reasons: [...reasons.values()], fields: census.counts() }),
    counts: () => ({ ...counts }),
    fields: () => census.census(),
    reasons: () => [...reasons.values()].sort((a, b) => b.count - a.count),
  };
}

/** The rejects that a run of so many records may have; without a wish 1 %, but never fewer than 100. */
export function toRejectLimit(maxRejects: MaxRejects | undefined, records: number): number {
  if (maxRejects === undefined) return Math.max(100, Math.floor(records / 100));
  if ('count' in maxRejects) return maxRejects.count;
  return Math.floor((records * maxRejects.percent) / 100);
}

/** The refusal of a run with too many rejects, which lie in `file` now. */
export function refuseRejects(
  run: RunId,
  totals: Totals,
  limit: number,
  file: string,
): GuardRefused {
  const { records, rejects } = totals.counts();
  const reasons = totals
    .reasons()
    .slice(0, 3)
    .map(({ reason, count, example }) => `${reason}: ${count}, as in ${example}`);
  return new GuardRefused(
    `${run} has ${rejects} rejects in ${records} records, more than the ${limit} allowed (${reasons.join('; ')})`,
    { next: `Look at ${file}; if they are rightly left out, raise --max-rejects.` },
  );
}
