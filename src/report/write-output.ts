import { open, rename, rm } from 'node:fs/promises';
import { SettingsError } from '../errors.ts';

/**
 * Writes a report to a file, which is there whole or as it was before. Throws SettingsError when it cannot be written.
 */
export async function writeOutput(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new SettingsError(`cannot write the report to ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
