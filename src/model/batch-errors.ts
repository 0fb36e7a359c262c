/**
 * Whether an error in the answer of a batch request says no more than that an object is not there, or has no
 * associations. `subCategory` is specified as an object and was recorded as a text.
 */
export function isNotFound(error: unknown): boolean {
  const { category, subCategory } = Object(error) as { category?: unknown; subCategory?: unknown };
  return /NOT_FOUND|NO_ASSOCIATIONS/.test(JSON.stringify([category, subCategory]));
}
