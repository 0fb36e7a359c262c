import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Lock, tryExclude, tryLock, tryShare } from '../src/lock.ts';
import { makeTemporaryFolder } from './support/temporary-folder.ts';

let folder: string;
let file: string;
let children: ChildProcess[];
beforeEach(async () => {
  folder = await makeTemporaryFolder();
  file = path.join(folder, '_lock');
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

const mustLock = (holder: string): Lock => {
  const lock = tryLock(file, holder);
  if ('heldBy' in lock) throw new Error(`held by ${lock.heldBy}`);
  return lock;
};

/** Another program that asks for the lock, and what it said it got. */
async function holdElsewhere(kind: 'lock' | 'share' | 'exclude', holder = '') {
  const program = fileURLToPath(new URL('./support/hold-lock.ts', import.meta.url));
  const child = spawn(process.execPath, [program, kind, file, holder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const [said] = await once(child.stdout, 'data');
  return {
    said: String(said).trim(),
    async kill() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

test('one at a time; the second is told who holds it', () => {
  const first = mustLock("extract's first run");
  expect(tryLock(file, 'second')).toEqual({ heldBy: "extract's first run" });
  expect(tryLock(file, 'third')).toEqual({ heldBy: "extract's first run" });
  first.release();
  first.release();
  const second = mustLock('second');
  expect(tryLock(file, 'third')).toEqual({ heldBy: 'second' });
  second.release();
});

test('another program is told, too, and the lock is free once its holder is killed', async () => {
  const other = await holdElsewhere('lock', 'the other program');
  expect(other.said).toBe('held');
  expect(tryLock(file, 'me')).toEqual({ heldBy: 'the other program' });
  await other.kill();
  const mine = mustLock('me');
  expect((await holdElsewhere('lock', 'a third')).said).toBe('me');
  mine.release();
});

test('of several at the same instant exactly one gets it', async () => {
  const names = ['one', 'two', 'three', 'four'];
  const said = (await Promise.all(names.map((name) => holdElsewhere('lock', name)))).map(
    (other) => other.said,
  );
  expect(said.filter((text) => text === 'held')).toHaveLength(1);
  const winner = names[said.indexOf('held')];
  expect(tryLock(file, 'me')).toEqual({ heldBy: winner });
});

test('shared with others, never with an exclusive one', async () => {
  const shares = [tryShare(file), tryShare(file)];
  expect(shares).not.toContain(undefined);
  const other = await holdElsewhere('share');
  expect(other.said).toBe('held');
  expect(tryExclude(file)).toBeUndefined();
  for (const share of shares) share?.release();
  expect(tryExclude(file)).toBeUndefined();
  await other.kill();

  const exclusive = tryExclude(file);
  expect(exclusive).toBeDefined();
  expect(tryExclude(file)).toBeUndefined();
  expect(tryShare(file)).toBeUndefined();
  expect((await holdElsewhere('share')).said).toBe('refused');
  exclusive?.release();
  exclusive?.release();
  tryShare(file)?.release();
});

test('a lock that nothing refers to any more is held until the program ends', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const take = [() => tryExclude(file), () => tryLock(file, 'me')];
  for (const [index, takeAndForget] of take.entries()) {
    file = path.join(folder, `_lock-${index}`);
    takeAndForget();
    for (let round = 0; round < 3; round++) {
      collectGarbage();
      await setImmediate();
    }
    expect(tryExclude(file)).toBeUndefined();
  }
});

test('an exclusive lock goes with its killed holder', async () => {
  const other = await holdElsewhere('exclude');
  expect(tryShare(file)).toBeUndefined();
  await other.kill();
  const mine = tryExclude(file);
  expect(mine).toBeDefined();
  mine?.release();
});

test('a place where no file can be made is an error, not a lock that is held', async () => {
  file = path.join(folder, 'missing', '_lock');
  expect(() => tryLock(file, 'me')).toThrow('unable to open database file');
  expect(() => tryShare(file)).toThrow('unable to open database file');
  expect(() => tryExclude(file)).toThrow('unable to open database file');
  file = path.join(folder, 'folder');
  await mkdir(file);
  expect(() => tryLock(file, 'me')).toThrow();
});

test('a file of something else is an error, and stays as it is', async () => {
  const text = 'this is a note of some length about something else entirely\n'.repeat(20);
  await writeFile(file, text);
  expect(() => tryLock(file, 'me')).toThrow('file is not a database');
  expect(await readFile(file, 'utf8')).toBe(text);
});
