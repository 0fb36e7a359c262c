import { withArchiveLock } from '../archive/lock.ts';
import { rawRoot } from '../archive/runs.ts';
import { systemClock } from '../clock.ts';
import { startPortal } from '../demo/start-portal.ts';
import { SettingsError } from '../errors.ts';
import { type ExtractResult, extract } from '../extract/extract.ts';
import { createClient } from '../hubspot/client.ts';
import { MAX_LIMIT } from '../hubspot/engagements-v1.ts';
import { requirePortal } from '../settings.ts';
import { summarizeExtract } from '../terminal/summary.ts';
import { type Context, watched, writeJson } from './context.ts';

export interface ExtractArguments {
  pageLimit: number;
  allowEmpty: boolean;
  json: boolean;
}

/** `extract`: asks HubSpot, or the demo portal, and writes a raw run. */
export async function runExtract(context: Context, args: ExtractArguments): Promise<void> {
  const { settings, log } = context;
  if (!(Number.isInteger(args.pageLimit) && args.pageLimit >= 1 && args.pageLimit <= MAX_LIMIT)) {
    throw new SettingsError(`--page-limit must be a whole number from 1 to ${MAX_LIMIT}`);
  }
  const portal = requirePortal(settings);
  const result = await withArchiveLock(rawRoot(settings.dataDir), 'extract', () =>
    portal.demo ? extractDemo(context, args) : extractFrom(context, args, portal),
  );
  log.info(summarizeExtract(result), { stage: 'extract', ...result });
  if (args.json) writeJson(context, result);
}

async function extractDemo(context: Context, args: ExtractArguments): Promise<ExtractResult> {
  const { url, token, close } = await startPortal();
  context.log.info(
    `Asking the demo portal at ${url}: made-up data. Set HUBSPOT_ACCESS_TOKEN to ask HubSpot.`,
    { demo: true },
  );
  try {
    return await extractFrom(context, args, { demo: true, apiUrl: url, token });
  } finally {
    await close();
  }
}

function extractFrom(
  context: Context,
  { pageLimit, allowEmpty }: ExtractArguments,
  portal: { demo: boolean; apiUrl: string; token: string },
): Promise<ExtractResult> {
  return watched(context, 'extract', async (progress) => {
    const clock = systemClock;
    const client = createClient(portal, { clock, progress, signal: context.signal });
    try {
      const { dataDir } = context.settings;
      return await extract(
        { dataDir, demo: portal.demo, pageLimit, allowEmpty },
        { client, clock, progress },
      );
    } finally {
      await client.close();
    }
  });
}
