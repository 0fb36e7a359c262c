import { DatabaseSync } from 'node:sqlite';
import { isSystemError } from './errors.ts';

/**
 * A lock between programs of one machine, on SQLite's file locks: the kernel releases them when their owner ends, however
 * it ends, so that no stale lock is ever left.
 */
export interface Lock {
  /** Releases the lock; does nothing the second time. */
  release(): void;
}

/**
 * Locks `file` for this program alone and writes `holder` into it. Returns what the holder wrote instead when another
 * program has the lock. Throws the system's error when the file cannot be made.
 */
export function tryLock(file: string, holder: string): Lock | { heldBy: string } {
  const db = open(file, LOOKING_MS);
  try {
    // "immediate" keeps other writers out, while readers still see what was committed before: the holder's note.
    db.exec('begin immediate');
    // The lock is held from here on. A program that is reading the note delays the commit for a moment.
    db.exec('pragma busy_timeout = 2000');
    db.exec('create table if not exists holder (note text)');
    db.exec('delete from holder');
    db.prepare('insert into holder values (?)').run(holder);
    db.exec('commit');
    db.exec('begin immediate');
  } catch (error) {
    const heldBy = isBusy(error) ? readHolder(db) : undefined;
    db.close();
    if (heldBy === undefined) throw error;
    return { heldBy };
  }
  return toLock(db);
}

/**
 * What the program that has `file`, which exists, by {@link tryLock} wrote into it; `undefined` when none has it, and for
 * users who may not write the file.
 */
export function findHolder(file: string): string | undefined {
  const db = open(file);
  try {
    db.exec('begin immediate');
    return undefined;
  } catch (error) {
    return isBusy(error) ? readHolder(db) : undefined;
  } finally {
    db.close();
  }
}

/** Locks `file` shared with any number of other programs; `undefined` while one has it exclusively. */
export function tryShare(file: string): Lock | undefined {
  return tryBegin(file, 'begin; select count(*) from sqlite_schema');
}

/** Locks `file` exclusively; `undefined` while any other program has it, shared or exclusively. */
export function tryExclude(file: string): Lock | undefined {
  return tryBegin(file, 'begin exclusive');
}

function tryBegin(file: string, sql: string): Lock | undefined {
  const db = open(file);
  try {
    db.exec(sql);
  } catch (error) {
    db.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return toLock(db);
}

/** {@link findHolder} has the lock for an instant, in ms; others wait so long for it. */
const LOOKING_MS = 100;

function open(file: string, timeoutMs = 0): DatabaseSync {
  return new DatabaseSync(file, { timeout: timeoutMs });
}

// Garbage collection closes a database that nothing refers to, which would release its lock.
const held = new Set<DatabaseSync>();

function toLock(db: DatabaseSync): Lock {
  held.add(db);
  return {
    release() {
      if (held.delete(db)) db.close();
    },
  };
}

function readHolder(db: DatabaseSync): string {
  try {
    const row = db.prepare('select note from holder').get();
    return typeof row?.['note'] === 'string' ? row['note'] : 'another program';
  } catch {
    return 'another program';
  }
}

// SQLITE_BUSY is 5; the upper bits of the code say which kind of it.
function isBusy(error: unknown): boolean {
  if (!isSystemError(error, 'ERR_SQLITE_ERROR') || !('errcode' in error)) return false;
  return (Number(error.errcode) & 0xff) === 5;
}
