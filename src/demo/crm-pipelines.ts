import { type Answer, answerOf } from './answers.ts';

/** A stage of a pipeline. */
export interface Stage {
  id: string;
  label: string;
  isClosed: boolean;
  /** For deals: how likely it is won, as text; for tickets: OPEN or CLOSED. */
  metadata: Record<string, string>;
}

export interface Pipeline {
  id: string;
  label: string;
  stages: readonly Stage[];
}

/** The pipelines of the demo portal: HubSpot's own for a new account. The last stages are the closed ones. */
export const PIPELINES = {
  deals: {
    id: 'default',
    label: 'Sales Pipeline',
    stages: [
      toDealStage('appointmentscheduled', 'Appointment Scheduled', '0.2'),
      toDealStage('qualifiedtobuy', 'Qualified To Buy', '0.4'),
      toDealStage('presentationscheduled', 'Presentation Scheduled', '0.6'),
      toDealStage('decisionmakerboughtin', 'Decision Maker Bought-In', '0.8'),
      toDealStage('contractsent', 'Contract Sent', '0.9'),
      toDealStage('closedwon', 'Closed Won', '1.0'),
      toDealStage('closedlost', 'Closed Lost', '0.0'),
    ],
  },
  tickets: {
    id: '0',
    label: 'Support Pipeline',
    stages: [
      toTicketStage('1', 'New'),
      toTicketStage('2', 'Waiting on contact'),
      toTicketStage('3', 'Waiting on us'),
      toTicketStage('4', 'Closed'),
    ],
  },
} as const satisfies Record<string, Pipeline>;

/** `GET /crm/pipelines/<version>/{type}`: the pipelines of a type, with their stages. */
export function answerPipelines(type: string): Answer {
  const found: Pipeline | undefined = (PIPELINES as Record<string, Pipeline>)[type];
  const common = {
    archived: false,
    // As HubSpot's default pipelines have it.
    createdAt: '1970-01-01T00:00:00.000Z',
    updatedAt: '1970-01-01T00:00:00.000Z',
  };
  const results = [found ?? []].flat().map(({ stages, ...pipeline }) => ({
    ...pipeline,
    displayOrder: 0,
    stages: stages.map(({ id, label, metadata }, displayOrder) => ({
      id,
      label,
      displayOrder,
      metadata,
      writePermissions: 'CRM_PERMISSIONS_ENFORCEMENT',
      ...common,
    })),
    ...common,
  }));
  return answerOf({ results });
}

function toDealStage(id: string, label: string, probability: string): Stage {
  const isClosed = id.startsWith('closed');
  return { id, label, isClosed, metadata: { isClosed: String(isClosed), probability } };
}

function toTicketStage(id: string, label: string): Stage {
  const isClosed = label === 'Closed';
  const ticketState = isClosed ? 'CLOSED' : 'OPEN';
  return { id, label, isClosed, metadata: { ticketState, isClosed: String(isClosed) } };
}
