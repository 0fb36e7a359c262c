import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { type NdjsonManifest, type NdjsonPart, writeNdjsonManifest } from '../archive/manifest.ts';
import { ndjsonRoot, REJECTS, type RunId } from '../archive/runs.ts';
import { cannotRead, exists, makeDurable, makeFolder } from '../files.ts';
import type { TaskOutcome } from './task.ts';
import { openPart, writing } from './write-parts.ts';

/** An NDJSON run that is being built; nobody sees it before `publish`. All functions throw ArchiveError. */
export interface RunWriter {
  /** The folder in which it is built, for the tasks. */
  folder: string;
  /** Takes in the parts and rejects of the next task. */
  add(outcome: TaskOutcome): Promise<void>;
  /** Makes all of it durable; returns what the manifest says of it. Nothing can be added after it. */
  finish(): Promise<Pick<NdjsonManifest, 'parts' | 'rejectsSha256'>>;
  /** Puts the finished run in its place, instead of an older one. */
  publish(manifest: NdjsonManifest): Promise<void>;
  /** Removes the run but for its rejects, and returns the file where those lie now. */
  refuse(): Promise<string>;
  /** Removes all that was written, once nobody writes any more; harmless after `publish` and `refuse`. */
  discard(): Promise<void>;
}

/** The folders and files that belong to one NDJSON run. */
function placesOf(dataDir: string, run: RunId) {
  const target = path.join(ndjsonRoot(dataDir), run);
  const day = path.dirname(target);
  const name = path.basename(target);
  return {
    day,
    target,
    building: path.join(day, `_${name}.building`),
    replaced: path.join(day, `_${name}.replaced`),
    refused: path.join(day, `_${name}.rejects.ndjson`),
  };
}

/**
 * Mends what a killed transform left of `run`: removes what was half built, and brings back an older version that had
 * been moved aside when its successor was not yet in place.
 */
export async function clearLeftovers(dataDir: string, run: RunId): Promise<void> {
  const { target, building, replaced } = placesOf(dataDir, run);
  await writing(building, async () => {
    await rm(building, { recursive: true, force: true });
    if (!(await exists(replaced))) return;
    if (await exists(target)) await rm(replaced, { recursive: true });
    else await rename(replaced, target);
  });
}

/** Begins to build `run`. */
export async function openRun(dataDir: string, run: RunId): Promise<RunWriter> {
  const { day, target, building, replaced, refused } = placesOf(dataDir, run);
  await makeFolder(building);
  const removeBuilding = (): Promise<void> => rm(building, { recursive: true, force: true });
  const rejects = await openPart(building, REJECTS).catch(async (error: unknown) => {
    await removeBuilding().catch(() => {});
    throw error;
  });
  const parts: NdjsonPart[] = [];
  // While other tasks run: a disk takes its time.
  const syncs: Promise<void>[] = [];

  return {
    folder: building,
    async add(outcome) {
      for (const part of outcome.parts) {
        const file = toPartName(parts.length + 1);
        const place = path.join(building, file);
        await writing(place, () => rename(path.join(building, part.file), place));
        parts.push({ ...part, file });
        syncs.push(makeDurable(place));
        // Its failure is told when the run is finished.
        syncs.at(-1)?.catch(() => {});
      }
      if (outcome.rejects === null) return;
      const own = path.join(building, outcome.rejects);
      for await (const bytes of readBack(own)) await rejects.write(bytes, 0);
      await writing(own, () => rm(own));
    },
    async finish() {
      const { sha256 } = await rejects.close();
      await Promise.all([...syncs, makeDurable(path.join(building, REJECTS))]);
      return { parts, rejectsSha256: sha256 };
    },
    async publish(manifest) {
      await writeNdjsonManifest(building, manifest);
      await writing(target, async () => {
        if (await exists(target)) await rename(target, replaced);
        await rename(building, target);
        await makeDurable(day);
        await rm(replaced, { recursive: true, force: true });
        await rm(refused, { force: true });
      });
    },
    async refuse() {
      await writing(refused, async () => {
        await rename(path.join(building, REJECTS), refused);
        await removeBuilding();
      });
      return refused;
    },
    async discard() {
      await Promise.allSettled([rejects.abandon(), ...syncs]);
      await writing(building, removeBuilding);
    },
  };
}

function toPartName(number: number): string {
  return `engagements-${String(number).padStart(4, '0')}.ndjson`;
}

async function* readBack(file: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* createReadStream(file);
  } catch (error) {
    throw cannotRead(file, error);
  }
}
