/**
 * Builds `dist/` for the npm package, because Node strips no types below node_modules: JavaScript with source maps, and
 * the files that the program reads (SQL, the page's style). A clone needs no build. Run by `npm pack`.
 */
import { execFile } from 'node:child_process';
import { copyFile, glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SRC = path.join(ROOT, 'src');
const DIST = path.join(ROOT, 'dist');

await rm(DIST, { recursive: true, force: true });
await promisify(execFile)('tsc', ['--project', 'tsconfig.build.json'], { cwd: ROOT });

// The compiler rewrites the extensions of imports, but not those of files that are started as threads.
for await (const name of glob('**/*.js', { cwd: DIST })) {
  const file = path.join(DIST, name);
  const text = await readFile(file, 'utf8');
  const rewritten = text.replace(/new URL\('(\.\/[^']+)\.ts', import\.meta\.url\)/g, (_, base) => {
    return `new URL('${base}.js', import.meta.url)`;
  });
  if (rewritten !== text) await writeFile(file, rewritten);
}
for await (const name of glob('**/*.{sql,css,js}', { cwd: SRC })) {
  const file = path.join(DIST, name);
  await mkdir(path.dirname(file), { recursive: true });
  await copyFile(path.join(SRC, name), file);
}
