import { idOf, type StoredRecord, toStored } from '../../src/demo/stored-record.ts';

/**
 * Records to be held as they are, odd ones too: one without an id stands behind the one given before it (HubSpot would
 * not have it, but extract and transform must stand it).
 */
export function toStoredRecords(records: readonly unknown[]): StoredRecord[] {
  let previous = 0n;
  return records.map((record) => {
    previous = idOf(record) ?? previous;
    return toStored(previous, record);
  });
}
