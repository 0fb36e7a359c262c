/**
 * Measures, as ratios within one run: what a machine does in seconds says little elsewhere, what it does in proportion
 * says much. Run by `make bench`; `make bench ARGS=load` for one of them, `ARGS='report --rows 10000000'` at full size,
 * `ARGS='extract --ids FILE'` for a portal's own ids (CSV with columns id and type).
 */
import { parseArgs } from 'node:util';
import { benchExtract } from './bench/extract.ts';
import { benchLoad } from './bench/load.ts';
import { benchPace } from './bench/pace.ts';
import { benchReport } from './bench/report.ts';
import { benchTransform } from './bench/transform.ts';

const { values, positionals: asked } = parseArgs({
  allowPositionals: true,
  options: { rows: { type: 'string' }, api: { type: 'string' }, ids: { type: 'string' } },
});

const BENCHES = {
  transform: () => benchTransform(Number(values.rows ?? 240_000)),
  extract: async () => {
    await benchPace(values.ids);
    await benchExtract(values.api === 'objects' ? 'objects' : 'v1', values.rows);
  },
  load: () => benchLoad(Number(values.rows ?? 300_000)),
  report: () => benchReport(Number(values.rows ?? 1_000_000)),
};

const unknown = asked.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(
    `no such bench: ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`,
  );
  process.exit(2);
}
for (const [name, bench] of Object.entries(BENCHES)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n## ${name}`);
  await bench();
}
