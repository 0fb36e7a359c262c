import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { findStrays } from '../archive/find-strays.ts';
import {
  hashManifest,
  type NdjsonManifest,
  readNdjsonManifest,
  readRawManifest,
} from '../archive/manifest.ts';
import { isComplete, MANIFEST, REJECTS } from '../archive/runs.ts';
import { ArchiveError } from '../errors.ts';
import { cannotRead, exists } from '../files.ts';
import { assertAgreement, type Inspection } from './inspection.ts';

/** Compares an NDJSON run's files with its manifest, and the manifest with the raw run it was made from. */
export async function verifyNdjsonRun(
  folder: string,
  rawFolder: string,
  inspection: Inspection,
): Promise<void> {
  const manifestFile = path.join(folder, MANIFEST);
  if (!(await isComplete(folder))) {
    const problem = `${manifestFile} is missing; transform makes the run anew`;
    inspection.note('missing', manifestFile, problem);
    return;
  }
  let read: NdjsonManifest | undefined;
  await inspection.check(manifestFile, async () => {
    const manifest = await readNdjsonManifest(folder);
    const rows = manifest.parts.reduce((sum, part) => sum + part.rows, 0);
    assertAgreement(manifestFile, { rows, records: rows + manifest.rejects }, manifest);
    read = manifest;
  });
  if (read === undefined) return;
  const manifest = read;
  const prove = async (name: string, expected: Partial<Content>): Promise<void> => {
    const file = path.join(folder, name);
    let bytes = 0;
    await inspection.check(file, async () => {
      const content = await readContent(file);
      bytes = content.bytes;
      compareContent(file, content, expected);
    });
    inspection.count(bytes);
  };
  for (const { file, bytes, rows, sha256 } of manifest.parts) {
    await prove(file, { bytes, rows, sha256 });
  }
  const { rejects, rejectsSha256 } = manifest;
  await prove(REJECTS, {
    rows: rejects,
    ...(rejectsSha256 === undefined ? {} : { sha256: rejectsSha256 }),
  });
  await inspection.check(manifestFile, () => compareOrigin(manifestFile, manifest, rawFolder));
  const known = [MANIFEST, REJECTS, ...manifest.parts.map((part) => part.file)];
  for (const name of await findStrays(folder, known)) {
    const file = path.join(folder, name);
    inspection.note('foreign', file, `${file} is not in its run's manifest`);
  }
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
  if ((await hashManifest(rawFolder)) !== manifest.rawManifestSha256) {
    throw new ArchiveError(`${file} was made from another version of ${origin}`, {
      next: 'Run transform: it makes the run anew.',
    });
  }
  const raw = await readRawManifest(rawFolder);
  const { mode, api, demo, portalId, startedAt, finishedAt, window, types, associationKinds } = raw;
  const copied = { mode, api, demo, portalId, startedAt, finishedAt, window, types };
  // Manifests of earlier normalizers lack it.
  const objectTypes = manifest.objectTypes && Object.keys(raw.objects?.properties ?? {});
  assertAgreement(file, { ...copied, objectTypes, associationKinds }, manifest);
}
