import type { NdjsonRun } from './read-runs.ts';

/** The engagement types that the seven object types of the CRM objects API hold. */
const OBJECTS_TYPES = [
  'CALL',
  'COMMUNICATION',
  'EMAIL',
  'FORWARDED_EMAIL',
  'INCOMING_EMAIL',
  'LINKEDIN_MESSAGE',
  'MEETING',
  'NOTE',
  'POSTAL_MAIL',
  'SMS',
  'TASK',
  'WHATS_APP',
];

/**
 * The engagement types of which a full run would have seen every one: what it does not have of them, HubSpot does not
 * have. v1 is only known to return the types that it has returned so far, in this run and those before it; later ones
 * do not count, so that a replay finds what the first merge found. Pure.
 */
export function coveredTypes(run: NdjsonRun, runs: readonly NdjsonRun[]): string[] {
  const { api } = run.manifest;
  const types = new Set(api === 'objects' ? OBJECTS_TYPES : []);
  for (const other of runs) {
    if (other.manifest.api !== api || other.run > run.run) continue;
    for (const type of Object.keys(other.manifest.types)) types.add(type);
  }
  return [...types].sort();
}
