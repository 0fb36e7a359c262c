import { joinLines, toDuration } from './text.ts';

/** What a stage says at its end. */
export interface Conclusion {
  stage: string;
  /** What was done, such as `302 changed`. */
  done: string;
  /** Absent where nothing was to do. */
  durationMs?: number;
  /** The run, where there is one. */
  run?: string;
  /** More about it for a person at a terminal, line by line. */
  details?: string[];
  /** What needs attention, wherever it is read. */
  warnings?: string[];
  /** The command to go on with. */
  next?: string;
  /** The result, for JSON logs. */
  result: object;
}

/** For a terminal: a heading, and the details below; `next` is the whole command to go on with. Pure. */
export function toSummary(
  { stage, done, durationMs, details = [], warnings = [] }: Conclusion,
  next: string | undefined,
): string {
  return joinLines(
    `${stage}: ${done}${toTime(durationMs)}`,
    ...details,
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(next === undefined ? [] : [`next: ${next}`]),
  );
}

/** For a log: a line such as `extract 302 changed in 4.1 s, run 2026/11/24/015000Z-changes`, and one per warning. Pure. */
export function toLogLines({
  stage,
  done,
  durationMs,
  run,
  warnings = [],
}: Conclusion): [string, ...string[]] {
  return [
    `${stage} ${done}${toTime(durationMs)}${run === undefined ? '' : `, run ${run}`}`,
    ...warnings.map((warning) => `${stage} warning: ${warning}`),
  ];
}

function toTime(durationMs: number | undefined): string {
  return durationMs === undefined ? '' : ` in ${toDuration(durationMs)}`;
}
