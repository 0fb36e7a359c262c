/** What an activity type of the CRM objects API holds, in v1's words. */
export interface ObjectType {
  /** The row's type, where no property says otherwise. */
  type: string;
  /** The property that holds the row's type, and the values of it that are v1's types. */
  typedBy?: { property: string; types: readonly string[] };
}

/** By the object types' names in the API's paths (HubSpot's reference, "CRM objects: activities"). */
export const OBJECT_TYPES = {
  calls: { type: 'CALL' },
  communications: {
    type: 'COMMUNICATION',
    typedBy: {
      property: 'hs_communication_channel_type',
      types: ['SMS', 'WHATS_APP', 'LINKEDIN_MESSAGE'],
    },
  },
  emails: {
    type: 'EMAIL',
    typedBy: {
      property: 'hs_email_direction',
      types: ['EMAIL', 'INCOMING_EMAIL', 'FORWARDED_EMAIL'],
    },
  },
  meetings: { type: 'MEETING' },
  notes: { type: 'NOTE' },
  postal_mail: { type: 'POSTAL_MAIL' },
  tasks: { type: 'TASK' },
} as const satisfies Record<string, ObjectType>;

export type ObjectTypeName = keyof typeof OBJECT_TYPES;

export const OBJECT_TYPE_NAMES = Object.keys(OBJECT_TYPES) as ObjectTypeName[];

/** The types of the rows that these object types hold, ascending. */
export function toRowTypes(names: readonly string[]): string[] {
  const types = names.flatMap((name) => {
    const objectType: ObjectType | undefined = OBJECT_TYPES[name as ObjectTypeName];
    return objectType === undefined ? [] : [objectType.type, ...(objectType.typedBy?.types ?? [])];
  });
  return [...new Set(types)].sort();
}

/** The row's type of a record with these properties. */
export function toEngagementType(
  { type, typedBy }: ObjectType,
  properties: Readonly<Record<string, unknown>>,
): string {
  const named = typedBy === undefined ? undefined : properties[typedBy.property];
  return typeof named === 'string' && typedBy?.types.includes(named) ? named : type;
}
