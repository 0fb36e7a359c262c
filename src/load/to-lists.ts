/**
 * The links of a line as lists that SQL can split and compare: `string_to_array` is several times faster than taking JSON
 * apart, and lists in a fixed order are equal as texts when they are equal as sets. Pure; all in byte text.
 */

/** Between the pairs of a list, between kind and id of a pair, and before each label: JSON escapes all three. */
const PAIR_END = '\x04';
const KIND_END = '\x03';
const LABEL = '\x05';

/**
 * `{"company":[1],"contact":[2,3]}` as `company|1 contact|2 contact|3`, with U+0003 for the bar and U+0004 for the
 * space; the empty text for `{}`. `undefined` when it is no such object.
 */
export function toPairList(json: string): string | undefined {
  if (json === '{}') return '\x02\x02';
  if (json.includes('\\')) return toPairListSlowly(json);
  let list = '';
  for (let at = 1; at < json.length; ) {
    const kindEnd = json.indexOf('":[', at);
    const idsEnd = json.indexOf(']', kindEnd);
    if (kindEnd === -1 || idsEnd === -1 || json[at] !== '"') return undefined;
    const prefix = `${json.slice(at + 1, kindEnd)}${KIND_END}`;
    const ids = json.slice(kindEnd + 3, idsEnd);
    const pairs = ids.includes(',') ? ids.replaceAll(',', `${PAIR_END}${prefix}`) : ids;
    list += `${list === '' ? '' : PAIR_END}${prefix}${pairs}`;
    at = idsEnd + 2;
  }
  return list;
}

/** The same for kinds whose names JSON has to escape. */
function toPairListSlowly(json: string): string | undefined {
  // Only the names are parsed: ids may be longer than a double holds.
  const pairs: string[] = [];
  for (const [, name, ids] of json.matchAll(/("(?:[^"\\]|\\.)*"):\[([\d,]+)\]/g)) {
    let kind: string;
    try {
      kind = JSON.parse(Buffer.from(name as string, 'latin1').toString());
    } catch {
      return undefined;
    }
    // Where a kind has one of the separators, its pairs could not be told apart; no name in HubSpot has control characters.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those it is about
    if (/[\x01-\x05]/.test(kind)) return undefined;
    const prefix = Buffer.from(`${kind}${KIND_END}`).toString('latin1');
    for (const id of (ids as string).split(',')) pairs.push(`${prefix}${id}`);
  }
  return pairs.join(PAIR_END);
}

/** `7,6,7` as `6,7`: ascending and distinct. The empty text for no ids. */
export function toIdList(ids: string): string {
  if (ids === '') return '\x02\x02';
  if (!ids.includes(',')) return ids;
  const distinct = [...new Set(ids.split(','))];
  return distinct.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).join(',');
}

/**
 * `{"contact":{"2":["Billing","Boss"]}}` as `contact|2>Billing>Boss`, with U+0003 for the bar, U+0005 before each label and
 * U+0004 between associations; the empty text for `{}`. `undefined` when it is no such object. Separators within a label
 * are left out.
 */
export function toLabelList(json: string): string | undefined {
  if (json === '{}') return '\x02\x02';
  let labels: Record<string, Record<string, string[]>>;
  try {
    labels = JSON.parse(Buffer.from(json, 'latin1').toString());
  } catch {
    return undefined;
  }
  const entries = Object.entries(labels).flatMap(([kind, byId]) =>
    Object.entries(byId).map(
      ([id, own]) =>
        // biome-ignore lint/suspicious/noControlCharactersInRegex: those it is about
        `${kind}${KIND_END}${id}${own.map((label) => LABEL + label.replace(/[\x01-\x05]/g, '')).join('')}`,
    ),
  );
  return `\x02${Buffer.from(entries.join(PAIR_END)).toString('latin1')}\x02`;
}
