import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ArchiveError } from '../errors.ts';
import { findStrays } from './find-strays.ts';
import { type NdjsonManifest, type NdjsonPart, readNdjsonManifest } from './manifest.ts';
import { assertRun, noteDamage, type Problem, type Verified } from './problems.ts';
import { cannotRead, exists, isComplete, MANIFEST, REJECTS, type RunId } from './runs.ts';

/**
 * Compares an NDJSON run's files with its manifest, and the manifest with the raw run it was made from. `onBytes` hears
 * the bytes read.
 */
export async function verifyNdjsonRun(
  folder: string,
  rawFolder: string,
  run: RunId,
  { onBytes }: { onBytes(bytes: number): void },
): Promise<Verified> {
  const problems: Problem[] = [];
  const verified: Verified = { problems, files: 0, bytes: 0 };
  const manifestFile = path.join(folder, MANIFEST);
  if (!(await isComplete(folder))) {
    const problem = `${manifestFile} is missing; transform makes the run anew`;
    problems.push({ kind: 'missing', path: manifestFile, problem });
    return verified;
  }
  let manifest: NdjsonManifest | undefined;
  await noteDamage(problems, manifestFile, async () => {
    const read = await readNdjsonManifest(folder);
    assertRun(manifestFile, read.run, run);
    manifest = read;
  });
  if (manifest === undefined) return verified;
  const { parts, rejects, rawManifestSha256 } = manifest;
  for (const part of parts) {
    const file = path.join(folder, part.file);
    await noteDamage(problems, file, () => provePart(file, part));
    verified.files += 1;
    verified.bytes += part.bytes;
    onBytes(verified.bytes);
  }
  const rejectsFile = path.join(folder, REJECTS);
  await noteDamage(problems, rejectsFile, () => countLines(rejectsFile, rejects));
  await noteDamage(problems, manifestFile, () =>
    compareOrigin(manifestFile, path.join(rawFolder, MANIFEST), rawManifestSha256),
  );
  const known = parts.map((part) => part.file);
  for (const name of await findStrays(folder, known)) {
    const file = path.join(folder, name);
    const problem = `${file} is no part of its run's manifest`;
    problems.push({ kind: 'foreign', path: file, problem });
  }
  return verified;
}

async function provePart(file: string, { bytes, sha256 }: NdjsonPart): Promise<void> {
  const digest = createHash('sha256');
  let size = 0;
  for await (const piece of readPieces(file)) {
    digest.update(piece);
    size += piece.length;
  }
  const actual = digest.digest('hex');
  if (size !== bytes) throw damaged(file, `it has ${size} bytes, the manifest says ${bytes}`);
  if (actual !== sha256)
    throw damaged(file, `its sha256 is ${actual}, the manifest says ${sha256}`);
}

async function countLines(file: string, expected: number): Promise<void> {
  let count = 0;
  for await (const piece of readPieces(file)) {
    for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) count += 1;
  }
  if (count !== expected) {
    throw damaged(file, `it has ${count} lines, the manifest says ${expected}`);
  }
}

async function compareOrigin(file: string, origin: string, expected: string): Promise<void> {
  if (!(await exists(origin))) {
    throw new ArchiveError(`${file} was made from ${origin}, which is missing`);
  }
  const bytes = await readFile(origin).catch((error: unknown) => {
    throw cannotRead(origin, error);
  });
  if (hash('sha256', bytes, 'hex') === expected) return;
  throw new ArchiveError(`${file} was not made from ${origin} as it is now`, {
    next: 'Run transform: it makes the run anew.',
  });
}

async function* readPieces(file: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* createReadStream(file, { highWaterMark: 256 * 1024 });
  } catch (error) {
    throw cannotRead(file, error);
  }
}

function damaged(file: string, what: string): ArchiveError {
  return new ArchiveError(`${file} is damaged: ${what}`, {
    next: 'Make the run anew from its raw pages: run transform --force.',
  });
}
