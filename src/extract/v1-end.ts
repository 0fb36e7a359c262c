/** HubSpot's versions 1 to 3 go unsupported in September 2027 (its changelog of 2026); it is spoken of from June on. */
const SPOKEN_OF_FROM = Date.parse('2027-06-01T00:00:00Z');
const ENDS_AT = Date.parse('2027-09-01T00:00:00Z');

/** What a run by v1 at `now` has to say of v1's end; undefined while that is far. Pure. */
export function describeV1End(now: Date): string | undefined {
  const ms = now.getTime();
  if (ms < SPOKEN_OF_FROM) return undefined;
  const what =
    ms < ENDS_AT
      ? 'HubSpot supports its v1 API until September 2027'
      : 'HubSpot has not supported its v1 API since September 2027, and may switch it off';
  return `${what}: change over with --api objects or HUBSPOT_API=objects (the next run then goes on with the changes, see README)`;
}
