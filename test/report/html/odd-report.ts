import type { Report } from '../../../src/report/report.ts';
import { makeReport } from '../make-report.ts';

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
export function makeOddReport(dayCount: number, types = ODD_TYPES): Report {
  const today = '2026-11-24';
  const days: Record<string, [count: number, inWindow: number | null][]> = {};
  for (let back = dayCount - 1; back >= 0; back--) {
    const day = new Date(Date.parse(today) - back * 86_400_000).toISOString().slice(0, 10);
    days[day] = types.map((_, type) =>
      back % 7 === 0 ? [0, 12 * type] : [(back % 5) + 1 + 2 * type, 14 * type],
    );
  }
  return makeReport(types, days, { window: 14, today, extractedAt: '2026-11-24 02:34' });
}
