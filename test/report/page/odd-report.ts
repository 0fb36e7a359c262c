import type { DetailedReport, Report } from '../../../src/report/report.ts';
import { makeDetails, makeReport, NO_FIGURES } from '../make-report.ts';

/** Names that would be code, markup, a formula or a terminal's command if anything took them for it. */
export const ODD_TYPES = [
  '</script><script>document.title="owned"</script>',
  '<img src=x onerror=\'document.title="owned"\'>',
  '&amp;"\'`',
  "=cmd|'/c calc'!A0",
  '\u202eevil\x1b[31m\u0000',
  'LINKEDIN_MESSAGE',
];

/** A report of so many days that ends today; each later type is more frequent, and every seventh day is empty. */
export function makeOddReport(dayCount: number, types = ODD_TYPES): DetailedReport {
  const now = makeDays('2026-11-24', dayCount, types);
  const firstDay = now.from as string;
  const before = makeDays(toDay(Date.parse(firstDay) - 86_400_000), dayCount, types);
  const figures = { owners: 12, calls: 340, connected: 85, meetings: 9, held: 3, contacts: 1234 };
  return makeDetails(
    { ...now, portals: ['62515'] },
    { figures, before: { days: before.days, figures: { ...NO_FIGURES, calls: 300, owners: 9 } } },
  );
}

function makeDays(last: string, dayCount: number, types: string[]): Report {
  const days: Record<string, [count: number, inWindow: number | null][]> = {};
  for (let back = dayCount - 1; back >= 0; back--) {
    days[toDay(Date.parse(last) - back * 86_400_000)] = types.map((_, type) =>
      back % 7 === 0 ? [0, 12 * type] : [(back % 5) + 1 + 2 * type, 14 * type],
    );
  }
  return makeReport(types, days, { window: 14, extractedAt: '2026-11-24 02:34' });
}

function toDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
