// A load in a process of its own: `node load-alone.ts <database URL> <data folder>`.
import { systemClock } from '../../src/clock.ts';
import { openDatabase } from '../../src/commands/open-database.ts';
import { load } from '../../src/load/load.ts';
import { silent } from '../../src/progress.ts';

const [databaseUrl = '', dataDir = ''] = process.argv.slice(2);
const { signal } = new AbortController();
const settings = { databaseUrl, databaseSchema: 'hubspot', dataDir };
const database = await openDatabase(settings, { note: console.error, signal });
await load(
  { dataDir, allowDemo: false },
  { database, clock: systemClock, progress: silent, signal },
);
