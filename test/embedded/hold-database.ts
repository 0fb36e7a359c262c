// A user of the embedded server in a process of its own: opens it, says so in a line of JSON, and closes it when its
// standard input ends.
import { once } from 'node:events';
import { openDatabase } from '../../src/commands/open-database.ts';

const [dataDir = ''] = process.argv.slice(2);
const settings = { databaseUrl: null, databaseSchema: 'hubspot', dataDir };
const signal = new AbortController().signal;
const database = await openDatabase(settings, { note: console.error, signal });
console.log(JSON.stringify({ port: Number(new URL(database.url).port) }));
process.stdin.resume();
await once(process.stdin, 'end');
await database.close();
