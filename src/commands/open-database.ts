import path from 'node:path';
import { openEmbedded } from '../embedded/open-embedded.ts';
import { DatabaseFailed } from '../errors.ts';
import { exists } from '../files.ts';
import { connectClient } from '../postgres/connect.ts';
import { type Database, prepareDatabase, type Tables } from '../postgres/database.ts';
import type { Settings } from '../settings.ts';

/**
 * Opens the database that the settings name, or the embedded one; by default with its tables made and brought up to date.
 * Throws DatabaseFailed; leaves nothing running then.
 */
export async function openDatabase(
  settings: Pick<Settings, 'databaseUrl' | 'databaseSchema' | 'dataDir'>,
  deps: { note(message: string): void; signal: AbortSignal },
  tables: Tables = 'made',
): Promise<Database> {
  const { databaseUrl, databaseSchema: schema } = settings;
  deps.signal.throwIfAborted();
  if (tables === 'expected' && databaseUrl === null && !(await hasEmbedded(settings.dataDir))) {
    throw new DatabaseFailed(`there is no database in ${settings.dataDir} yet`, {
      next: 'Run load first: it makes it. Or set DATABASE_URL.',
    });
  }
  const embedded = databaseUrl === null ? await openEmbedded(settings.dataDir, deps) : undefined;
  const url = embedded?.url ?? databaseUrl ?? '';
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= embedded?.leave() ?? Promise.resolve();
    return closing;
  };
  try {
    await prepareDatabase(url, schema, tables);
    deps.signal.throwIfAborted();
  } catch (error) {
    await close();
    throw error;
  }
  const connect = (name: string) => connectClient(url, name);
  return { url, embedded: embedded !== undefined, schema, connect, close };
}

/** Whether there is an embedded database in the data folder. */
export function hasEmbedded(dataDir: string): Promise<boolean> {
  return exists(path.join(dataDir, 'postgres', 'data'));
}
