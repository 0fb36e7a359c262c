/** HubSpot's versions 1 to 3 go unsupported in September 2027 (its changelog of 2026). */
const ENDS_AT = Date.parse('2027-09-01T00:00:00Z');

/** What every run by v1 says of v1's end, and the way over; `now` only tells whether that has come. Pure. */
export function describeV1End(now: Date): string {
  const what =
    now.getTime() < ENDS_AT
      ? 'HubSpot supports its v1 API until September 2027.'
      : 'HubSpot has not supported its v1 API since September 2027, and may switch it off.';
  return `${what} To change over, add --api objects or set HUBSPOT_API=objects: the next run then goes on with the changes, and nothing is reloaded (docs/commands.md: Two API generations)`;
}
