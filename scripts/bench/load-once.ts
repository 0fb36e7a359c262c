// A load in a process of its own, which prints the most memory it had, in MiB: `node load-once.ts <data folder> [from]`.
import { systemClock } from '../../src/clock.ts';
import { openDatabase } from '../../src/commands/open-database.ts';
import { keepHeapSmall } from '../../src/keep-heap-small.ts';
import { load } from '../../src/load/load.ts';
import { silent } from '../../src/progress.ts';

// As the command does.
keepHeapSmall();
const [dataDir = '', from] = process.argv.slice(2);
const { signal } = new AbortController();
const settings = { databaseUrl: null, databaseSchema: 'hubspot', dataDir };
const database = await openDatabase(settings, { note: console.error, signal });
await load(
  { dataDir, allowDemo: false, ...(from === undefined ? {} : { replay: { from } }) },
  { database, clock: systemClock, progress: silent, signal },
);
await database.close();
console.log(Math.round(process.resourceUsage().maxRSS / 1024));
