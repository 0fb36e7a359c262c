import { parseArgs } from 'node:util';
import { tryExclude, tryLock, tryShare } from '../../src/lock.ts';

/** A program that takes a lock, says `held` or what it got instead, and keeps it until it is killed. */
const { positionals } = parseArgs({ allowPositionals: true });
const [kind = '', file = '', holder = ''] = positionals;

const take = { lock: () => tryLock(file, holder), share: () => tryShare(file) };
const lock = kind === 'lock' || kind === 'share' ? take[kind]() : tryExclude(file);
const got = lock === undefined ? 'refused' : 'heldBy' in lock ? lock.heldBy : 'held';
process.stdout.write(`${got}\n`);
// Reading keeps the program, and with it the lock, alive.
process.stdin.resume();
