import { withArchiveLock } from '../archive/lock.ts';
import { readArchiveState, toPlan } from '../archive/state.ts';
import { systemClock } from '../clock.ts';
import { startPortal } from '../demo/start-portal.ts';
import { SettingsError } from '../errors.ts';
import type { Wishes } from '../extract/decide.ts';
import { type ExtractResult, extract } from '../extract/extract.ts';
import type { Access } from '../hubspot/access-token.ts';
import { createClient } from '../hubspot/client.ts';
import { MAX_LIMIT } from '../hubspot/engagements-v1.ts';
import { requirePortal, type Settings, toObjectTypes } from '../settings.ts';
import type { Conclusion } from '../terminal/conclusion.ts';
import { shortenPath, toCount, toCounted, toSize } from '../terminal/text.ts';
import {
  type Arguments,
  type Command,
  FULL_EVERY_OPTION,
  JSON_OPTION,
  type OptionTable,
} from './command.ts';
import { type Context, watched, writeJson } from './context.ts';

const WHAT = 'What to fetch:';
const HOW = 'How to fetch it:';

const OPTIONS = {
  full: {
    type: 'boolean',
    default: false,
    group: WHAT,
    describe: 'Fetch everything, whatever the archive has',
  },
  since: {
    type: 'string',
    group: WHAT,
    describe: 'Fetch what was modified since this instant, whatever the archive has',
  },
  'full-every': { ...FULL_EVERY_OPTION, group: WHAT },
  api: {
    choices: ['v1', 'objects'],
    group: WHAT,
    describe: "HubSpot's API to ask (default: HUBSPOT_API, else v1)",
  },
  types: {
    type: 'string',
    group: WHAT,
    describe: 'By the objects API: ask for these types alone, such as calls,emails (default: all)',
  },
  'allow-empty': {
    type: 'boolean',
    default: false,
    group: WHAT,
    describe: 'Accept an empty answer although the archive has engagements',
  },
  'demo-step': {
    type: 'number',
    default: 0,
    group: WHAT,
    describe: 'How often the demo portal has changed',
  },
  'page-limit': { type: 'number', default: 250, group: HOW, describe: 'Records a page' },
  'max-requests-per-10s': {
    type: 'number',
    group: HOW,
    describe: "Leave room for the account's other integrations",
  },
  'daily-reserve': {
    type: 'number',
    default: 0,
    group: HOW,
    describe: 'Stop, resumable, before the account has fewer requests left for the day',
  },
  compress: { type: 'boolean', default: false, group: HOW, describe: 'Keep pages as .json.gz' },
  json: JSON_OPTION,
} as const satisfies OptionTable;

type ExtractArguments = Arguments<typeof OPTIONS>;

/** `extract`: asks HubSpot, or the demo portal, and writes a raw run. */
export const extractCommand: Command<typeof OPTIONS> = {
  name: 'extract',
  describe: 'Fetch from HubSpot what is due, as raw files',
  options: OPTIONS,
  examples: [['extract', 'Do what is due: everything, or the changes']],
  run: runExtract,
};

async function runExtract(context: Context, args: ExtractArguments): Promise<void> {
  const { settings } = context;
  if (!(Number.isInteger(args.pageLimit) && args.pageLimit >= 1 && args.pageLimit <= MAX_LIMIT)) {
    throw new SettingsError(`--page-limit must be a whole number from 1 to ${MAX_LIMIT}`);
  }
  if (!(Number.isInteger(args.demoStep) && args.demoStep >= 0)) {
    throw new SettingsError('--demo-step must be a whole number from 0 on');
  }
  const { maxRequestsPer10s = 1, dailyReserve } = args;
  if (!(maxRequestsPer10s >= 1))
    throw new SettingsError('--max-requests-per-10s must be 1 or more');
  if (!(dailyReserve >= 0)) throw new SettingsError('--daily-reserve must be 0 or more');
  const wishes = toWishes(args, settings);
  const portal = requirePortal(settings);
  const result = await withArchiveLock(settings.dataDir, 'extract', () =>
    portal.demo ? extractDemo(context, args, wishes) : extractFrom(context, args, wishes, portal),
  );
  context.conclude(concludeExtract(result));
  if (args.json) writeJson(context, result);
}

async function extractDemo(
  context: Context,
  args: ExtractArguments,
  wishes: Wishes,
): Promise<ExtractResult> {
  const until = await findDemoEnd(context.settings.dataDir);
  const { url, token, close } = await startPortal({
    until,
    step: args.demoStep,
    evolvedAt: toStepInstants(args.demoStep),
  });
  context.log.info(
    'Made-up data: asking the demo portal. Set HUBSPOT_ACCESS_TOKEN to ask HubSpot.',
    { demo: true, url },
  );
  try {
    const portal = { demo: true, demoUntil: until.toISOString(), apiUrl: url, token };
    return await extractFrom(context, args, wishes, portal);
  } finally {
    await close();
  }
}

/**
 * When the demo portal's data ends: at the start of the archive's first run. Every run notes it, so that it is still known
 * when that one is pruned.
 */
async function findDemoEnd(dataDir: string): Promise<Date> {
  const [first] = (await readArchiveState(dataDir)).runs;
  const noted = first === undefined ? undefined : toPlan(first).demoUntil;
  return noted === undefined ? systemClock.now() : new Date(noted);
}

/**
 * When the demo portal changed: a day apart, the last time at a quarter of an hour. So runs shortly after one another see
 * the same instants, and the last changes lie within a changes run's overlap.
 */
function toStepInstants(step: number): Date[] {
  const last = systemClock.now();
  last.setUTCMinutes(Math.floor(last.getUTCMinutes() / 15) * 15, 0, 0);
  return Array.from({ length: step }, (_, n) => {
    const at = new Date(last);
    at.setUTCDate(at.getUTCDate() - (step - 1 - n));
    return at;
  });
}

function extractFrom(
  context: Context,
  args: ExtractArguments,
  wishes: Wishes,
  portal: { demo: boolean; demoUntil?: string } & Access,
): Promise<ExtractResult> {
  return watched(context, 'extract', async (progress) => {
    const clock = systemClock;
    const { signal, settings } = context;
    const client = createClient(
      portal,
      { clock, progress, signal },
      {
        maxRequestsPer10s: args.maxRequestsPer10s ?? Number.POSITIVE_INFINITY,
        dailyReserve: args.dailyReserve,
        proxyUrl: portal.apiUrl.startsWith('https:') ? settings.proxyUrl : null,
      },
    );
    try {
      const { pageLimit, allowEmpty, compress } = args;
      return await extract(
        {
          dataDir: settings.dataDir,
          demo: portal.demo,
          ...(portal.demoUntil !== undefined && { demoUntil: portal.demoUntil }),
          pageLimit,
          allowEmpty,
          compress,
          wishes,
          apiVersion: settings.apiVersion,
        },
        { client, clock, progress, signal },
      );
    } finally {
      await client.close();
    }
  });
}

function toWishes({ full, since, api, types }: ExtractArguments, settings: Settings): Wishes {
  if (full && since !== undefined) throw new SettingsError('--full and --since exclude each other');
  return {
    full,
    since: since === undefined ? null : toInstant(since),
    api: api ?? null,
    defaultApi: settings.api,
    types: types === undefined ? settings.types : toObjectTypes('--types', types),
    fullEveryDays: settings.fullEveryDays,
  };
}

function toInstant(text: string): string {
  const ms = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(
    text,
  )
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new SettingsError(
      `--since must be an instant such as 2026-11-24T01:50:00Z or a day; it is ${text}`,
    );
  }
  return new Date(ms).toISOString();
}

/** What was fetched. Pure. */
export function concludeExtract(result: ExtractResult): Conclusion {
  const { manifest, folder, resumedPages, counts, durationMs } = result;
  const { records, pages, bytes, types } = manifest;
  // A run that returned no record does not know whose portal it is.
  const named = manifest.portalId === null ? 'the portal' : `portal ${manifest.portalId}`;
  const portal = manifest.demo ? 'the demo portal' : named;
  const earlier = resumedPages > 0 ? ` (${toCounted(resumedPages, 'pages')} fetched earlier)` : '';
  const limited = counts.limited === 0 ? 'none' : toCount(counts.limited);
  return {
    stage: 'extract',
    done:
      manifest.mode === 'changes'
        ? `${toCount(records)} changed${earlier}`
        : `${toCounted(records, 'records')} of ${portal}${earlier}`,
    durationMs,
    run: manifest.run,
    details: [
      `${toCounted(pages, 'pages')}, ${toSize(bytes)}`,
      ...toTypes(types),
      `${toCounted(counts.requests, 'requests')}, ${limited} rate-limited`,
      `in ${shortenPath(folder)}`,
    ],
    next: 'load',
    result,
  };
}

/** The most frequent types, on lines that fit a terminal of 80 columns. */
function toTypes(types: Record<string, number>): string[] {
  const names = Object.entries(types).sort(([, a], [, b]) => b - a);
  const shown = names.slice(0, 6).map(([type, count]) => `${type} ${toCount(count)}`);
  if (names.length > 6) shown.push(`and ${toCounted(names.length - 6, 'more types')}`);
  const lines: string[] = [];
  for (const one of shown) {
    const joined = `${lines.at(-1)}, ${one}`;
    if (lines.length > 0 && joined.length <= 77) lines[lines.length - 1] = joined;
    else lines.push(one);
  }
  return lines.map((line, n) => (n < lines.length - 1 ? `${line},` : line));
}
