import { HubSpotUnavailable } from '../errors.ts';
import type { HubSpotClient, PageAnswer } from '../hubspot/client.ts';
import { parseAssociationsBody, parseLabelsBody, parseReadBody } from '../hubspot/crm-objects.ts';
import {
  MAX_READ_LIMIT,
  type ObjectQuery,
  toAssociationsRequest,
  toLabelsRequest,
  toReadRequest,
} from '../hubspot/crm-requests.ts';
import type { AssociationInput, PageSummary } from '../hubspot/page-summary.ts';
import type { Companion, FindCompanions } from './walk.ts';

type Fetch = HubSpotClient['fetchPage'];

/** What the pages of a stream lack. */
export interface Lacking {
  /** The stream's name. */
  name: string;
  archived: boolean;
  /** Properties that the page's request had no room for. */
  properties: readonly string[];
  /** The kinds of associations to have, as the API names them. */
  kinds: readonly string[];
  /** Whether the pages have associations at all, but for what {@link PageSummary.unfinished} names. */
  inline: boolean;
}

/** The definitions of labels, each fetched once a run. */
export type Definitions = Map<string, Promise<PageAnswer<PageSummary>>>;

/** Fetches what completes the pages of a stream: further properties, associations, and the labels of these. */
export function completePages(
  query: ObjectQuery,
  lacking: Lacking,
  definitions: Definitions,
): FindCompanions {
  const { name, archived, properties, kinds, inline } = lacking;

  async function readProperties(ids: readonly bigint[], fetch: Fetch): Promise<Companion[]> {
    const chunks = properties.length === 0 ? [] : chunk(ids, MAX_READ_LIMIT);
    return Promise.all(
      chunks.map(async (some) => {
        const answer = await fetch(
          () => toReadRequest({ ...query, properties }, some, archived),
          (body) => parseReadBody(query.type, body),
        );
        return {
          stream: `${name}.properties`,
          completes: { part: 'properties', kind: null },
          answer,
        };
      }),
    );
  }

  async function readAssociations(
    kind: string,
    inputs: readonly AssociationInput[],
    fetch: Fetch,
  ): Promise<Companion[]> {
    const { answers, lacksLabels } = await fetchAssociations(query, kind, inputs, fetch);
    const companions = answers.map(
      (answer): Companion => ({
        stream: `${query.type}.${kind}`,
        completes: { part: 'associations', kind },
        answer,
      }),
    );
    if (!lacksLabels) return companions;
    const stream = `labels.${query.type}.${kind}`;
    const fetched =
      definitions.get(stream) ?? fetch(() => toLabelsRequest(query, kind), parseLabelsBody);
    definitions.set(stream, fetched);
    return [...companions, { stream, completes: null, answer: await fetched }];
  }

  return async ({ page }, fetch) => {
    const all = page.ids.map((id) => ({ id: String(id) }));
    const companions = [
      readProperties(page.ids, fetch),
      ...kinds.map((kind) =>
        readAssociations(kind, inline ? (page.unfinished?.[kind] ?? []) : all, fetch),
      ),
    ];
    return (await Promise.all(companions)).flat();
  };
}

/** Answers with the associations of `inputs` with `kind`, each list to its end. */
async function fetchAssociations(
  query: ObjectQuery,
  kind: string,
  inputs: readonly AssociationInput[],
  fetch: Fetch,
): Promise<{ answers: PageAnswer<PageSummary>[]; lacksLabels: boolean }> {
  const answers: PageAnswer<PageSummary>[] = [];
  let lacksLabels = false;
  for (let left = inputs; left.length > 0; ) {
    const asked = left;
    const answer = await fetch(
      () => toAssociationsRequest(query, kind, asked),
      parseAssociationsBody,
    );
    answers.push(answer);
    lacksLabels ||= answer.page.lacksLabels;
    left = answer.page.further;
    const isStuck = left.some(({ id, after }) =>
      asked.some((input) => input.id === id && input.after === after),
    );
    if (isStuck) {
      throw new HubSpotUnavailable(
        `HubSpot promises more ${kind} of ${query.type} but its cursor does not move on`,
        { next: 'Run extract again to go on from there; if it stays so, tell HubSpot.' },
      );
    }
  }
  return { answers, lacksLabels };
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) =>
    items.slice(n * size, (n + 1) * size),
  );
}
