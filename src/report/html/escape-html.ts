import { toVisible } from '../visible-text.ts';

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

/** A type's name for HTML, which may part after its underscores. */
export function escapeTypeName(type: string): string {
  return escapeHtml(type).replaceAll('_', '_<wbr>');
}

/** A value as JSON that no text of it can end the script element around. */
export function toScriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
