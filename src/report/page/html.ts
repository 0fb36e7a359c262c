import { toCount } from '../../terminal/text.ts';
import { cutText, toVisible } from '../../terminal/visible-text.ts';

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The text for HTML and SVG, between tags and in quoted attributes; control and bidi characters are written out. */
export function escapeHtml(text: string): string {
  return toVisible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** Names of types are open text: longer ones would take the page's room from the numbers. */
const LONGEST_NAME = 60;

/** The name of types for HTML, cut if it is very long, which may part after its underscores. */
export function escapeName(name: string): string {
  return escapeHtml(cutText(name, LONGEST_NAME)).replaceAll('_', '_<wbr>');
}

/** A value as JSON in ASCII that no text of it can end the script element around. */
export function toScriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Engagements per day, with the digits that tell: 3,807, 16, 3.4. */
export function formatMean(mean: number): string {
  if (Number.isInteger(mean) || mean >= 9.95) return toCount(Math.round(mean));
  return mean < 0.05 ? '< 0.1' : mean.toFixed(1);
}

/** A percentage of two digits or so; nothing is rounded away to none or to all. */
export function formatShare(part: number, whole: number): string {
  const share = whole === 0 ? 0 : (100 * part) / whole;
  if (part > 0 && share < 1) return '< 1 %';
  if (part < whole && share > 99) return '> 99 %';
  return `${Math.round(share)} %`;
}

/** Counts from which on a change in per cent says anything. */
const LEAST_COMPARED = 10;

/** How a count stands to an earlier one: `▲ 12 %`; null where one is too small for a percentage. */
export function formatChange(now: number, before: number): string | null {
  if (now < LEAST_COMPARED || before < LEAST_COMPARED) return null;
  const percent = Math.round(100 * (now / before - 1));
  if (percent === 0) return '± 0 %';
  return `${percent > 0 ? '▲' : '▼'} ${toCount(Math.abs(percent))} %`;
}
