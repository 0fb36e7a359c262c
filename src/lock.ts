import { DatabaseSync } from 'node:sqlite';
import { isSystemError } from './errors.ts';

/**
 * Locks between programs of one machine. SQLite's file locks do the work: the kernel lets go of them when their owner
 * dies, however it dies, so there is no stale lock to clear and no clock to trust.
 */
export interface Lock {
  /** Gives the lock back; harmless when done twice. */
  release(): void;
}

/**
 * Takes `file` for this program alone and notes in it who holds it.
 * Returns the holder's note instead when somebody else has it. Throws the system's error when the file cannot be made.
 */
export function tryLock(file: string, holder: string): Lock | { heldBy: string } {
  const db = open(file);
  try {
    // "immediate" keeps other writers out and lets readers see what was committed before: the holder's note.
    db.exec('begin immediate');
    // It is ours now. Whoever reads the note just then holds up the commit for a moment only.
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

/** Takes `file` together with any number of others who share it; `undefined` while somebody has it exclusively. */
export function tryShare(file: string): Lock | undefined {
  return tryBegin(file, 'begin; select count(*) from sqlite_schema');
}

/** Takes `file` exclusively; `undefined` while anybody shares it or has it exclusively. */
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

function open(file: string): DatabaseSync {
  return new DatabaseSync(file, { timeout: 0 });
}

// Garbage collection closes a database that nothing refers to, and would give its lock away.
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

// SQLITE_BUSY is 5; the upper bits of the code only tell its varieties apart.
function isBusy(error: unknown): boolean {
  if (!isSystemError(error, 'ERR_SQLITE_ERROR') || !('errcode' in error)) return false;
  return (Number(error.errcode) & 0xff) === 5;
}
