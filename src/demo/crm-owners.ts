import { type Answer, invalidParameter, pageOf } from './answers.ts';
import type { LinkPages } from './crm-associations.ts';
import { OWNERS, type Owner } from './people.ts';

const DEFAULT_LIMIT = '100';

/** `GET /crm/owners/<version>`: the active users, or with `archived` the others, by their ids from `after` on. */
export function answerOwners(query: Record<string, string>, link: LinkPages): Answer {
  const { limit = DEFAULT_LIMIT, after = '0', archived = 'false', email } = query;
  if (!/^[1-9]\d*$/.test(limit)) return invalidParameter('limit', limit);
  if (!/^\d+$/.test(after)) return invalidParameter('after', after);
  const left = OWNERS.filter(
    (owner) =>
      owner.archived === (archived === 'true') &&
      owner.id >= Number(after) &&
      (email === undefined || email === owner.email),
  );
  const page = left.slice(0, Number(limit)).map(toAnswer);
  const next = left[Number(limit)];
  if (next === undefined) return pageOf(page, ']}');
  const paging = { next: { after: String(next.id), link: link('', String(next.id)) } };
  return pageOf(page, `],"paging":${JSON.stringify(paging)}}`);
}

function toAnswer({ id, userId, firstName, lastName, email, team, archived }: Owner): object {
  return {
    id: String(id),
    email,
    type: 'PERSON',
    firstName,
    lastName,
    // HubSpot leaves out the user of somebody who has left.
    ...(!archived && { userId }),
    userIdIncludingInactive: userId,
    createdAt: '2014-09-01T08:00:00.000Z',
    updatedAt: '2015-02-16T10:20:30.405Z',
    archived,
    ...(!archived && { teams: [{ id: String(team.id), name: team.name, primary: true }] }),
  };
}
