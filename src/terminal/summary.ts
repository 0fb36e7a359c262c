import path from 'node:path';
import type { ExtractResult } from '../extract/extract.ts';
import type { LoadResult } from '../load/load.ts';
import type { TransformResult } from '../transform/transform.ts';
import { toCount, toCounted, toDuration, toSize } from './text.ts';

/** Closing words of each stage: what was done, how long it took, where it lies, what to do next. Pure. */

export function summarizeExtract({
  manifest,
  folder,
  resumedPages,
  counts,
  durationMs,
}: ExtractResult): string {
  // A run that returned no record does not know whose portal it is.
  const named = manifest.portalId === null ? 'the portal' : `portal ${manifest.portalId}`;
  const portal = manifest.demo ? 'the demo portal' : named;
  return lines(
    `extract: ${toCounted(manifest.records, 'records')} of ${portal} in ${toDuration(durationMs)}`,
    `${toCounted(manifest.pages, 'pages')}${resumedPages > 0 ? ` (${toCount(resumedPages)} from before)` : ''}, ${toSize(manifest.bytes)}`,
    ...toTypes(manifest.types),
    `${toCounted(counts.requests, 'requests')}, ${toCount(counts.limited)} of them refused by the rate limit`,
    `in ${shorten(folder)}`,
    'next: make load',
  );
}

export function summarizeTransform(
  { runs, skipped, durationMs }: TransformResult,
  folder: string,
  loads = false,
): string {
  if (runs.length === 0 && skipped === 0) {
    return lines('transform: there is no complete run yet', 'next: make extract');
  }
  if (runs.length === 0) {
    return `transform: nothing to do, ${toCounted(skipped, 'runs')} done already`;
  }
  const sum = (
    key: 'records' | 'rows' | 'rejects' | 'replacedCharacters' | 'redacted' | 'bytes',
  ): number => runs.reduce((total, run) => total + run[key], 0);
  const redacted = sum('redacted');
  return lines(
    `transform: ${toCounted(sum('rows'), 'rows')} of ${toCounted(runs.length, 'runs')} in ${toDuration(durationMs)}`,
    `${toSize(sum('bytes'))}, ${toCounted(sum('rejects'), 'records')} rejected, ${toCounted(sum('replacedCharacters'), 'characters')} replaced`,
    ...(redacted === 0
      ? []
      : [
          `warning: ${toCounted(redacted, 'e-mails')} came without contents; give the app the scope sales-email-read, then extract --full`,
        ]),
    `in ${shorten(folder)}`,
    ...(loads ? [] : ['next: make load']),
  );
}

export function summarizeLoad(
  { merged, alreadyMerged, leftOut, durationMs }: LoadResult,
  where: string,
): string {
  const left = leftOut.length === 0 ? '' : `, ${toCounted(leftOut.length, 'older runs')} left out`;
  if (merged.length === 0 && alreadyMerged === 0 && leftOut.length === 0) {
    return 'load: nothing to do, as there is no normalized run to load';
  }
  if (merged.length === 0) {
    return `load: nothing to do, ${toCounted(alreadyMerged, 'runs')} loaded already${left}`;
  }
  const sum = (
    key:
      | 'inserted'
      | 'updated'
      | 'unchanged'
      | 'older'
      | 'duplicates'
      | 'rejected'
      | 'deleted'
      | 'withheld',
  ): number => merged.reduce((total, entry) => total + entry[key], 0);
  const rows =
    sum('inserted') + sum('updated') + sum('unchanged') + sum('older') + sum('duplicates');
  return lines(
    `load: ${toCounted(rows, 'rows')} of ${toCounted(merged.length, 'runs')} in ${toDuration(durationMs)}${left}`,
    `${toCount(sum('inserted'))} inserted, ${toCount(sum('updated'))} updated, ${toCount(sum('unchanged'))} unchanged, ${toCount(sum('older'))} older` +
      (sum('deleted') > 0 ? `, ${toCount(sum('deleted'))} deleted` : '') +
      (sum('withheld') > 0 ? `, ${toCount(sum('withheld'))} redacted ones withheld` : '') +
      (sum('duplicates') > 0 ? `, ${toCount(sum('duplicates'))} duplicates` : '') +
      (sum('rejected') > 0 ? `; ${toCounted(sum('rejected'), 'records')} rejected` : ''),
    `into ${where}`,
    'next: make report; make psql to look around',
  );
}

function lines(head: string, ...rest: string[]): string {
  return [head, ...rest.map((line) => `  ${line}`)].join('\n');
}

/** The most frequent types, on lines that fit a terminal of 80 columns. */
function toTypes(types: Record<string, number>): string[] {
  const names = Object.entries(types).sort(([, a], [, b]) => b - a);
  const shown = names.slice(0, 6).map(([type, count]) => `${type} ${toCount(count)}`);
  if (names.length > 6) shown.push(`and ${toCounted(names.length - 6, 'more types')}`);
  const lines: string[] = [];
  for (const one of shown) {
    const joined = `${lines.at(-1)}, ${one}`;
    if (lines.length > 0 && joined.length <= 77) lines[lines.length - 1] = joined;
    else lines.push(one);
  }
  return lines.map((line, n) => (n < lines.length - 1 ? `${line},` : line));
}

/** A path as seen from the folder the person stands in. */
export function shorten(folder: string): string {
  const relative = path.relative(process.cwd(), folder);
  return relative === '' || relative.startsWith('..') ? folder : relative;
}
