import { open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { isSystemError, SettingsError } from '../errors.ts';
import { systemReason } from '../files.ts';

/**
 * Writes a report to a file, which is there whole or as it was before, with the rights it had. What is there but no
 * file, such as a pipe or `/dev/null`, is written to. Throws SettingsError when it cannot be written.
 */
export async function writeOutput(file: string, text: string): Promise<void> {
  try {
    const there = await statOrNull(file);
    if (there === null) await replace(file, text);
    else if (there.isFile()) await replace(await realpath(file), text, there.mode & 0o777);
    else await writeFile(file, text);
  } catch (error) {
    // Without the name of the temporary file.
    const reason = systemReason(error).replace(/, \w+ '.*/s, '');
    throw new SettingsError(`cannot write the report to ${file}: ${reason}`, { cause: error });
  }
}

async function replace(file: string, text: string, mode?: number): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      if (mode !== undefined) await handle.chmod(mode);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

async function statOrNull(file: string) {
  try {
    return await stat(file);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}
