/**
 * The table of what both API generations call a field: ARCHITECTURE's generated part `fields`. It is made of the very
 * tables that the normalizer reads, so that it cannot drift.
 */
import {
  COLUMN_FIELDS,
  type ColumnField,
  EXTRA_FIELDS,
  OBJECT_KINDS,
  type ObjectKind,
} from '../src/transform/normalize/fields.ts';
import { HEADERS, ROLES } from '../src/transform/normalize/people.ts';

/** What does not come from a property, and what one of the two knows nothing of. */
const BESIDES = [
  ['`portal_id` (`portalId`)', 'that of the account', 'id'],
  ['`id`', '`id`', 'id'],
  [
    '`active`',
    '`archived`',
    'false when archived, else unknown: v1 tells whether HubSpot shows it',
  ],
  ['`archived_at` (unknown to v1)', '`archivedAt`', 'instant'],
  [
    '`associations.contact` … (`contactIds` …)',
    '`associations.contacts` …',
    'ids, once for all labels',
  ],
  ['`associations` of kinds not asked for, such as owner, workflow', 'unknown', ''],
  ['`extra` under the property’s own name (unknown to v1)', 'every other property', 'as sent'],
];

/** In Markdown: a place in the row with v1's name where that is another, the property that holds the same, its form. */
export function toFieldsTable(): string {
  const rows: string[][] = [...BESIDES];
  for (const [column, { v1, properties, as }] of Object.entries<ColumnField>(COLUMN_FIELDS)) {
    const names = properties.map((name) => `\`${name.replace('record.', '')}\``);
    rows.push([`\`${column}\` (\`${v1}\`)`, names.join(', else '), as]);
  }
  for (const [v1, property, as] of EXTRA_FIELDS) {
    rows.push([`\`extra.${v1}\` (\`${v1}\`)`, `\`${property}\``, as]);
  }
  for (const [objectType, kind] of Object.entries(OBJECT_KINDS))
    rows.push(...toTypeRows(objectType, kind));
  const head = ['row (v1’s name, where another)', `property of the object`, 'converted as'];
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function toTypeRows(objectType: string, { type, typedBy, metadata }: ObjectKind): string[][] {
  const types = typedBy?.types.map((name) => `\`${name}\``).join(', ');
  const typeRow =
    typedBy === undefined
      ? [`**${objectType}**: \`type\``, '', `\`${type}\``]
      : [`**${objectType}**: \`type\``, `\`${typedBy.property}\``, `${types}, else \`${type}\``];
  const people = ROLES.map(({ role, isList }) => [
    `\`metadata.${role}\``,
    `\`${HEADERS}\`, \`hs_email_${role}_email\`, \`…_firstname\`, \`…_lastname\`, \`…_raw\``,
    isList ? 'people' : 'a person',
  ]);
  return [
    typeRow,
    ...(type === 'EMAIL' ? people : []),
    ...metadata.map(([v1, property, as]) => [`\`metadata.${v1}\``, `\`${property}\``, as]),
  ];
}

if (import.meta.main) process.stdout.write(`${toFieldsTable()}\n`);
