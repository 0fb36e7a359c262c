/**
 * The kinds of objects whose associations the CRM objects API is asked for: their names in its paths, and in rows. v1
 * returns all kinds there are. A run keeps the kinds it asked for in its plan, so that this list can grow.
 */
export const ASSOCIATION_KINDS = {
  contacts: 'contact',
  companies: 'company',
  deals: 'deal',
  tickets: 'ticket',
} as const satisfies Record<string, string>;

/** A kind as the API names it. */
export type AssociationKind = keyof typeof ASSOCIATION_KINDS;

export const ASSOCIATION_KIND_NAMES = Object.keys(ASSOCIATION_KINDS) as AssociationKind[];

/** The names in rows of kinds as the API names them. */
export function toRowNames(kinds: readonly string[]): string[] {
  const names: Record<string, string> = ASSOCIATION_KINDS;
  return kinds.map((kind) => names[kind] ?? kind);
}

/** The kinds that runs asked for whose plans do not say it, as the API names them. */
export const FIRST_KINDS: readonly string[] = ['contacts', 'companies', 'deals', 'tickets'];
