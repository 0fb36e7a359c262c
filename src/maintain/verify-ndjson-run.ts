import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { findStrays } from '../archive/find-strays.ts';
import { type NdjsonManifest, readNdjsonManifest, readRawManifest } from '../archive/manifest.ts';
import { isComplete, MANIFEST, REJECTS } from '../archive/runs.ts';
import { ArchiveError } from '../errors.ts';
import { cannotRead, exists } from '../files.ts';
import {
  assertAgreement,
  noteDamage,
  type Problem,
  type Verified,
  type VerifyWatch,
} from './problems.ts';

/** Compares an NDJSON run's files with its manifest, and the manifest with the raw run it was made from. */
export async function verifyNdjsonRun(
  folder: string,
  rawFolder: string,
  { onBytes }: VerifyWatch,
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
    const rows = read.parts.reduce((sum, part) => sum + part.rows, 0);
    assertAgreement(manifestFile, { rows, records: rows + read.rejects }, read);
    manifest = read;
  });
  if (manifest === undefined) return verified;
  const { parts, rejects, rejectsSha256 } = manifest;
  const prove = async (name: string, expected: Partial<Content>): Promise<void> => {
    const file = path.join(folder, name);
    await noteDamage(problems, file, async () => {
      const content = await readContent(file);
      verified.bytes += content.bytes;
      compareContent(file, content, expected);
    });
    verified.files += 1;
    onBytes(verified.bytes);
  };
  for (const { file, bytes, rows, sha256 } of parts) await prove(file, { bytes, rows, sha256 });
  const sealed = rejectsSha256 === undefined ? {} : { sha256: rejectsSha256 };
  await prove(REJECTS, { rows: rejects, ...sealed });
  const own = manifest;
  await noteDamage(problems, manifestFile, () => compareOrigin(manifestFile, own, rawFolder));
  const known = [MANIFEST, REJECTS, ...parts.map((part) => part.file)];
  for (const name of await findStrays(folder, known)) {
    const file = path.join(folder, name);
    const problem = `${file} is no part of its run's manifest`;
    problems.push({ kind: 'foreign', path: file, problem });
  }
  return verified;
}

/** What a file holds; `rows` are its lines. */
interface Content {
  bytes: number;
  rows: number;
  sha256: string;
}

async function readContent(file: string): Promise<Content> {
  const digest = createHash('sha256');
  const content = { bytes: 0, rows: 0 };
  try {
    for await (const piece of createReadStream(file, { highWaterMark: 256 * 1024 })) {
      digest.update(piece);
      content.bytes += piece.length;
      for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) content.rows += 1;
    }
  } catch (error) {
    throw cannotRead(file, error);
  }
  return { ...content, sha256: digest.digest('hex') };
}

function compareContent(file: string, actual: Content, expected: Partial<Content>): void {
  const damaged = (what: string): ArchiveError =>
    new ArchiveError(`${file} is damaged: ${what}`, {
      next: 'Make the run anew from its raw pages: run transform --force.',
    });
  const { bytes = actual.bytes, rows = actual.rows, sha256 = actual.sha256 } = expected;
  if (actual.bytes !== bytes) {
    throw damaged(`it has ${actual.bytes} bytes, the manifest says ${bytes}`);
  }
  if (actual.rows !== rows) throw damaged(`it has ${actual.rows} lines, the manifest says ${rows}`);
  if (actual.sha256 !== sha256) {
    throw damaged(`its sha256 is ${actual.sha256}, the manifest says ${sha256}`);
  }
}

async function compareOrigin(
  file: string,
  manifest: NdjsonManifest,
  rawFolder: string,
): Promise<void> {
  const origin = path.join(rawFolder, MANIFEST);
  if (!(await exists(origin))) {
    throw new ArchiveError(`${file} was made from ${origin}, which is missing`);
  }
  const bytes = await readFile(origin).catch((error: unknown) => {
    throw cannotRead(origin, error);
  });
  if (hash('sha256', bytes, 'hex') !== manifest.rawManifestSha256) {
    throw new ArchiveError(`${file} was not made from ${origin} as it is now`, {
      next: 'Run transform: it makes the run anew.',
    });
  }
  const { mode, api, demo, portalId, startedAt, finishedAt, window, types, associationKinds } =
    await readRawManifest(rawFolder);
  const copied = { mode, api, demo, portalId, startedAt, finishedAt, window, types };
  assertAgreement(file, { ...copied, associationKinds }, manifest);
}
