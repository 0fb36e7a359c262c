import path from 'node:path';

/** Numbers, sizes and paths as people read them. */

const GROUPED = new Intl.NumberFormat('en-US');

/** `1234567` → `1,234,567`. */
export function toCount(value: number): string {
  return GROUPED.format(value);
}

/** `1` → `1 page`; `1200` → `1,200 pages`. */
export function toCounted(value: number, unit: string): string {
  return `${toCount(value)} ${value === 1 ? unit.replace(/s$/, '') : unit}`;
}

/** Bytes in decimal units: `118 MB`. */
export function toSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000;
  let unit = 'kB';
  for (const larger of ['MB', 'GB', 'TB']) {
    if (value < 999.5) break;
    value /= 1000;
    unit = larger;
  }
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
}

/** Milliseconds as `3.2 s`, `4 min 10 s`, `2 h 5 min` or `3 d 4 h`. */
export function toDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds) - minutes * 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A heading, and what belongs to it indented below. */
export function joinLines(head: string, ...rest: string[]): string {
  return [head, ...rest.map((line) => `  ${line}`)].join('\n');
}

/** A path as seen from the current folder, where it lies within it. */
export function shortenPath(folder: string): string {
  const relative = path.relative(process.cwd(), folder);
  return relative === '' || relative.startsWith('..') ? folder : relative;
}

/** The text in lines of so many columns at most, broken between words, and within those that are longer. */
export function wrapText(text: string, columns: number): string[] {
  const line = new RegExp(`\\S.{0,${columns - 1}}(?= |$)|\\S{1,${columns}}`, 'g');
  return (text.match(line) ?? []).map((found) => found.trimEnd());
}
