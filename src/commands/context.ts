import type { Database, Tables } from '../postgres/database.ts';
import type { Settings } from '../settings.ts';
import type { Conclusion } from '../terminal/conclusion.ts';
import type { Log } from '../terminal/log.ts';
import type { ProgressDisplay } from '../terminal/progress.ts';
import { openDatabase } from './open-database.ts';

/** What every command is given to act with. */
export interface Context {
  settings: Settings;
  log: Log;
  /** Aborted with Interrupted by SIGINT and SIGTERM. */
  signal: AbortSignal;
  /** From now on Ctrl-C is that of a program we started, and does not abort `signal`; SIGTERM still does. */
  leaveInterrupts(): void;
  /** Says what ended a piece of work, and returns the exit code that it wants. */
  explain(error: unknown): number;
  /** Says what a stage did: a summary on a terminal, a line elsewhere. */
  conclude(conclusion: Conclusion): void;
  /** A bar on a terminal, lines elsewhere; the caller stops it. */
  watch(stage: string): ProgressDisplay;
  /** Where results go; columns and rows are those of a terminal. */
  output: {
    write(text: string): void;
    columns: number | undefined;
    rows: number | undefined;
    color: boolean;
  };
}

/** Runs `work` with the progress of `stage` shown, and takes it away afterwards. */
export async function watched<T>(
  context: Context,
  stage: string,
  work: (progress: ProgressDisplay) => Promise<T>,
): Promise<T> {
  const progress = context.watch(stage);
  try {
    return await work(progress);
  } finally {
    progress.stop();
  }
}

/** Runs `work` with the database open, and gives the database back afterwards: our work ends before the server. */
export async function withDatabase<T>(
  { settings, log, signal }: Context,
  tables: Tables,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const note = (message: string): void => log.info(message);
  const database = await openDatabase(settings, { note, signal }, tables);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** A result for machines, on stdout. */
export function writeJson(context: Context, result: unknown): void {
  context.output.write(`${JSON.stringify(result, null, 2)}\n`);
}
