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

/** A type's name for HTML, cut if it is very long. */
export function escapeName(type: string): string {
  return escapeHtml(cutText(type, LONGEST_NAME));
}

/** A type's name for HTML, cut if it is very long, which may part after its underscores. */
export function escapeTypeName(type: string): string {
  return escapeName(type).replaceAll('_', '_<wbr>');
}

/** A value as JSON that no text of it can end the script element around. */
export function toScriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
