import path from 'node:path';
import { type Drift, type FieldCensus, readNdjsonManifest } from '../archive/manifest.ts';
import { isComplete, listRuns, ndjsonRoot, type RunId } from '../archive/runs.ts';

/**
 * How a run's fields differ from those of all normalized runs before it, as their manifests have them; nothing for the
 * first.
 */
export async function findDrift(
  dataDir: string,
  run: RunId,
  fields: FieldCensus,
): Promise<Drift[]> {
  const earlier: FieldCensus[] = [];
  for (const other of await listRuns(ndjsonRoot(dataDir))) {
    const folder = path.join(ndjsonRoot(dataDir), other);
    if (other >= run || !(await isComplete(folder))) continue;
    // Drift is news, not proof: a damaged manifest is told by those who rely on it.
    const manifest = await readNdjsonManifest(folder).catch(() => null);
    if (manifest?.fields) earlier.push(manifest.fields);
  }
  return earlier.length === 0 ? [] : compareFields(fields, earlier);
}

/** What `fields` has and none of `earlier`. Pure. */
export function compareFields(fields: FieldCensus, earlier: readonly FieldCensus[]): Drift[] {
  const drift: Drift[] = [];
  for (const [type, ofType] of Object.entries(fields)) {
    const known = earlier.flatMap((census) => (Object.hasOwn(census, type) ? [census[type]] : []));
    if (known.length === 0) {
      const { rows = 0, example = '' } = ofType['metadata']?.['object'] ?? {};
      drift.push({ what: 'type', type, field: null, kind: null, rows, example });
      continue;
    }
    for (const [field, kinds] of Object.entries(ofType)) {
      const before = known.flatMap((one) => (one && Object.hasOwn(one, field) ? [one[field]] : []));
      for (const [kind, { rows, example }] of Object.entries(kinds)) {
        if (before.some((one) => one && Object.hasOwn(one, kind))) continue;
        const what = before.length === 0 ? 'field' : 'kind';
        drift.push({ what, type, field, kind, rows, example });
      }
    }
  }
  return drift;
}
