/**
 * Checks which rooms (folders of `src`) import which: imports point one way, and each package belongs to one room.
 * Part of `make check`; ARCHITECTURE.md says what each room is for.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** A static import or export, or a dynamic import. */
const IMPORT = /(?:^(?:import|export|\}).* from |\bimport\()'([^']+)'/gm;

/** The files at the top of `src` that every room may import. */
const BASE = ['clock', 'errors', 'files', 'find-nearest', 'json', 'lock', 'progress', 'settings'];

/** What each room may import besides itself, {@link BASE} and Node: rooms, then packages. */
const ROOMS: Record<string, { rooms: string[]; packages?: string[] }> = {
  model: { rooms: [] },
  archive: { rooms: ['model'] },
  hubspot: { rooms: ['model'], packages: ['undici'] },
  postgres: { rooms: [], packages: ['pg', 'postgrator'] },
  embedded: { rooms: ['postgres'] },
  extract: { rooms: ['model', 'archive', 'hubspot'] },
  transform: { rooms: ['model', 'archive'], packages: ['stream-chain', 'stream-json', 'tinypool'] },
  load: { rooms: ['model', 'archive', 'postgres'], packages: ['pg', 'pg-copy-streams'] },
  terminal: { rooms: [], packages: ['cli-progress'] },
  report: { rooms: ['postgres', 'terminal'], packages: ['d3-scale', 'pg'] },
  maintain: { rooms: ['model', 'archive', 'transform'] },
  demo: { rooms: [] },
  commands: {
    rooms: [
      ...['model', 'archive', 'hubspot', 'postgres', 'embedded', 'extract', 'transform', 'load'],
      ...['report', 'maintain', 'terminal', 'demo'],
    ],
    packages: ['pg', 'yargs'],
  },
};

/** `<file> may not import <what>`, for each import that breaks the rules; empty when there is none. */
export async function findForbiddenImports(): Promise<string[]> {
  const files = (await readdir(SRC, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const found: string[] = [];
  for (const file of files.sort()) {
    if (file === 'cli.ts') continue;
    const text = await readFile(path.join(SRC, file), 'utf8');
    for (const [, specifier = ''] of text.matchAll(IMPORT)) {
      if (!isAllowed(file, specifier)) found.push(`src/${file} may not import ${specifier}`);
    }
  }
  return found;
}

function isAllowed(file: string, specifier: string): boolean {
  if (specifier.startsWith('node:')) return true;
  const room = file.includes(path.sep) ? file.split(path.sep)[0] : undefined;
  const allowed = room === undefined ? { rooms: ['model'], packages: [] } : ROOMS[room];
  if (!specifier.startsWith('.')) {
    const name = specifier.split('/')[0] ?? '';
    return allowed?.packages?.includes(name) ?? false;
  }
  const [to = '', inside] = path.join(path.dirname(file), specifier).split(path.sep);
  if (inside === undefined) return BASE.includes(path.basename(to, '.ts'));
  return to === room || (allowed?.rooms.includes(to) ?? false);
}

if (import.meta.main) {
  const found = await findForbiddenImports();
  for (const line of found) console.error(line);
  if (found.length > 0) process.exitCode = 1;
}
