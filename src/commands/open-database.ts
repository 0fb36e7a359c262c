import { openEmbedded } from '../embedded/open-embedded.ts';
import { connectClient } from '../postgres/connect.ts';
import { type Database, prepareDatabase } from '../postgres/database.ts';
import type { Settings } from '../settings.ts';

/**
 * Opens the database that the settings name, or the embedded one, and brings its schema up to date.
 * Throws DatabaseFailed; leaves nothing running then.
 */
export async function openDatabase(
  settings: Pick<Settings, 'databaseUrl' | 'databaseSchema' | 'dataDir'>,
  things: { note(message: string): void; signal: AbortSignal },
): Promise<Database> {
  const { databaseUrl, databaseSchema: schema } = settings;
  things.signal.throwIfAborted();
  const embedded = databaseUrl === null ? await openEmbedded(settings.dataDir, things) : undefined;
  const url = embedded?.url ?? databaseUrl ?? '';
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= embedded?.leave() ?? Promise.resolve();
    return closing;
  };
  try {
    await prepareDatabase(url, schema);
    things.signal.throwIfAborted();
  } catch (error) {
    await close();
    throw error;
  }
  const connect = (name: string) => connectClient(url, name);
  return { url, embedded: embedded !== undefined, schema, connect, close };
}
