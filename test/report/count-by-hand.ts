import type { Engagement } from './insert-engagements.ts';

/** What the report has to find, counted the plain way: a line `day,type,count,inWindow` each, totals as ALL. */
export function countByHand(
  engagements: Engagement[],
  { timezone, behind, ahead }: { timezone: string; behind: number; ahead: number },
): string[] {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short' });
  const counted = engagements
    .filter(({ deleted }) => deleted === undefined)
    .map(({ type, created }) => ({ type, day: format.format(new Date(created as string)) }));
  const days = listDays(counted.map(({ day }) => day).sort());
  const types = [...new Set(counted.map(({ type }) => type))].sort();
  return days.flatMap((day, index) => {
    const window = days.slice(Math.max(0, index - behind), index + ahead + 1);
    const full = window.length === behind + 1 + ahead;
    return [...types, undefined].map((type) => {
      const ofType = counted.filter((each) => type === undefined || each.type === type);
      const inWindow = ofType.filter((each) => window.includes(each.day)).length;
      const count = ofType.filter((each) => each.day === day).length;
      return `${day},${type ?? 'ALL'},${count},${full ? inWindow : null}`;
    });
  });
}

function listDays(sorted: string[]): string[] {
  const days: string[] = [];
  const last = sorted.at(-1) ?? '';
  for (let day = sorted[0]; day !== undefined && day <= last; ) {
    days.push(day);
    const next = new Date(`${day}T12:00:00Z`);
    next.setUTCDate(next.getUTCDate() + 1);
    day = next.toISOString().slice(0, 10);
  }
  return days;
}
