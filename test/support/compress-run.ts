import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { JOURNAL, MANIFEST } from '../../src/archive/runs.ts';
import { toSha256 } from './raw-run.ts';

/** Makes the pages of a complete raw run `.json.gz`, as `extract --compress` would have written them. */
export async function compressRun(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith('_')) continue;
    const file = path.join(folder, name);
    await writeFile(`${file}.gz`, gzipSync(await readFile(file)));
    await rm(file);
  }
  const journal = (await readFile(path.join(folder, JOURNAL), 'utf8')).replaceAll(
    '.json"',
    '.json.gz"',
  );
  await writeFile(path.join(folder, JOURNAL), journal);
  const manifest = JSON.parse(await readFile(path.join(folder, MANIFEST), 'utf8'));
  const sealed = { ...manifest, journalSha256: toSha256(journal) };
  await writeFile(path.join(folder, MANIFEST), JSON.stringify(sealed));
}
