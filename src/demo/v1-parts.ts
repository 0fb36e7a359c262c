/** The parts of a v1 record; those that an odd record lacks are empty. */
export interface V1Parts {
  engagement: Record<string, unknown>;
  associations: Record<string, unknown>;
  metadata: Record<string, unknown>;
  attachments: unknown[];
  [part: string]: unknown;
}

/** Reads a v1 record by its parts, whatever it is. */
export function toV1Parts(record: unknown): V1Parts {
  const parts = asObject(record);
  const { attachments } = parts;
  return {
    ...parts,
    engagement: asObject(parts['engagement']),
    associations: asObject(parts['associations']),
    metadata: asObject(parts['metadata']),
    attachments: Array.isArray(attachments) ? attachments : [],
  };
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
