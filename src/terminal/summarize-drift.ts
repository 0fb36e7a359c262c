import type { TransformResult } from '../transform/transform.ts';
import { toCounted } from './text.ts';

const SHOWN = 20;

/** What HubSpot sends now that it did not send before, run by run; null when there is nothing new. */
export function summarizeDrift({ runs }: Pick<TransformResult, 'runs'>): string | null {
  const lines = runs.flatMap(({ run, drift }) => {
    if (drift.length === 0) return [];
    const shown = drift.slice(0, SHOWN).map(({ what, type, field, kind, rows, example }) => {
      const name = what === 'type' ? `type ${type}` : `${type} ${field}`;
      const how = { type: '', field: ` (${kind})`, kind: ` is ${kind} now` }[what];
      return `    ${name}${how}: ${toCounted(rows, 'rows')}, as in ${example}`;
    });
    const more = drift.length > SHOWN ? [`    and ${drift.length - SHOWN} more: see --json`] : [];
    return [`  new in ${run}, and kept:`, ...shown, ...more];
  });
  return lines.length === 0 ? null : lines.join('\n');
}
