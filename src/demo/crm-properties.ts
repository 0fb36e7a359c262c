import { type Answer, answerOf } from './answers.ts';
import { KINDS, OBJECT_PROPERTIES, type PropertyRule } from './object-properties.ts';
import type { ObjectType } from './object-types.ts';

/** `GET /crm/properties/<version>/{type}`: every property of a type, custom ones too. */
export function answerProperties(type: ObjectType): Answer {
  const rules = OBJECT_PROPERTIES[type.name] ?? [];
  const results = [...rules]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((rule) => toDefinition(rule, type));
  return answerOf({ results });
}

function toDefinition({ name, kind, custom = false }: PropertyRule, { singular }: ObjectType) {
  const words = name
    .replace(/^hs_|__c$/g, '')
    .replaceAll('_', ' ')
    .trim();
  return {
    name,
    label: words.charAt(0).toUpperCase() + words.slice(1),
    ...KINDS[kind],
    description: '',
    groupName: custom ? 'custom_information' : singular,
    options: [],
    displayOrder: -1,
    calculated: false,
    externalOptions: name === 'hubspot_owner_id' || name === 'hubspot_team_id',
    archived: false,
    hasUniqueValue: name === 'hs_object_id',
    hidden: false,
    hubspotDefined: !custom,
    modificationMetadata: {
      archivable: custom,
      readOnlyDefinition: !custom,
      readOnlyValue: ['hs_createdate', 'hs_lastmodifieddate', 'hs_object_id'].includes(name),
    },
    formField: false,
    dataSensitivity: 'non_sensitive',
  };
}
