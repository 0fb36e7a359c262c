import { OBJECT_TYPE_NAMES, toRowTypes } from '../model/object-types.ts';
import type { NdjsonRun } from './read-runs.ts';

/**
 * The engagement types of which a full run would have seen every one: what it does not have of them, HubSpot does not
 * have. By the objects API, those that it asked for. v1 is only known to return the types that it has returned so far,
 * in this run and those before it; later ones do not count, so that a replay finds what the first merge found. Pure.
 */
export function coveredTypes({ run, manifest }: NdjsonRun, runs: readonly NdjsonRun[]): string[] {
  if (manifest.api === 'objects') return toRowTypes(manifest.objectTypes ?? OBJECT_TYPE_NAMES);
  const before = runs.filter((other) => other.manifest.api === 'v1' && other.run <= run);
  const types = before.flatMap((other) => Object.keys(other.manifest.types));
  return [...new Set(types)].sort();
}
