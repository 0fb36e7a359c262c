import path from 'node:path';
import { type Drift, type FieldCensus, readNdjsonManifest } from '../archive/manifest.ts';
import { listRuns, ndjsonRoot, type RunId } from '../archive/runs.ts';

/**
 * Tells how a run's fields differ from those of all normalized runs before it, as their manifests have them; nothing for
 * the first. Runs must come oldest first: each manifest is read once, however many runs there are.
 */
export type FindDrift = (run: RunId, fields: FieldCensus) => Promise<Drift[]>;

/** `todo` are the runs that will be asked for, each of them normalized by the time of the next. */
export async function createDriftFinder(
  dataDir: string,
  todo: readonly RunId[],
): Promise<FindDrift> {
  const root = ndjsonRoot(dataDir);
  const runs = [...new Set([...(await listRuns(root)), ...todo])].sort();
  const known = createKnownFields();
  return async (run, fields) => {
    while (runs[0] !== undefined && runs[0] < run) {
      // Drift is news, not proof: a damaged manifest is told by those who rely on it.
      const manifest = await readNdjsonManifest(path.join(root, runs.shift() as RunId)).catch(
        () => null,
      );
      if (manifest?.fields) known.add(manifest.fields);
    }
    return known.compare(fields);
  };
}

/** The fields of the runs so far: types, their fields, and the JSON types of these. */
export function createKnownFields(): {
  add(fields: FieldCensus): void;
  /** What `fields` has and none of those that were added; nothing while there are none. */
  compare(fields: FieldCensus): Drift[];
} {
  const known = new Map<string, Map<string, Set<string>>>();
  let isEmpty = true;
  return {
    add(fields) {
      isEmpty = false;
      for (const [type, ofType] of Object.entries(fields)) {
        const knownOfType = known.get(type) ?? new Map<string, Set<string>>();
        known.set(type, knownOfType);
        for (const [field, kinds] of Object.entries(ofType)) {
          const knownKinds = knownOfType.get(field) ?? new Set();
          knownOfType.set(field, knownKinds);
          for (const kind of Object.keys(kinds)) knownKinds.add(kind);
        }
      }
    },
    compare(fields) {
      const drift: Drift[] = [];
      if (isEmpty) return drift;
      for (const [type, ofType] of Object.entries(fields)) {
        const knownOfType = known.get(type);
        if (knownOfType === undefined) {
          const { rows = 0, example = '' } = ofType['metadata']?.['object'] ?? {};
          drift.push({ what: 'type', type, field: null, kind: null, rows, example });
          continue;
        }
        for (const [field, kinds] of Object.entries(ofType)) {
          const knownKinds = knownOfType.get(field);
          for (const [kind, { rows, example }] of Object.entries(kinds)) {
            if (knownKinds?.has(kind)) continue;
            const what = knownKinds === undefined ? 'field' : 'kind';
            drift.push({ what, type, field, kind, rows, example });
          }
        }
      }
      return drift;
    },
  };
}
