import { expect, test } from 'vitest';
import { toCause } from '../../src/embedded/server-user.ts';

test.each([
  [
    'initdb on a full disk',
    `running bootstrap script ... 2026-11-25 21:41:51.020 UTC [2] FATAL:  could not write to file "pg_wal/xlogtemp.2": No space left on device
\tchild process exited with exit code 1
initdb: removing data directory "/srv/job/data/postgres/data.partial-21dd6c994351"
`,
    'running bootstrap script ... 2026-11-25 21:41:51.020 UTC [2] FATAL:  could not write to file "pg_wal/xlogtemp.2": No space left on device',
  ],
  [
    'a wrong setting',
    `LOG:  invalid value for parameter "shared_buffers": "much"
FATAL:  configuration file "/srv/job/postgresql.auto.conf" contains errors
LOG:  shutting down
`,
    'LOG:  invalid value for parameter "shared_buffers": "much" | FATAL:  configuration file "/srv/job/postgresql.auto.conf" contains errors',
  ],
  [
    'a program that cannot run',
    'setpriv: setresuid failed: Operation not permitted\n',
    'setpriv: setresuid failed: Operation not permitted',
  ],
  ['nothing', '', ''],
])('of what Postgres printed about %s, the cause is shown', (_name, complaint, cause) => {
  expect(toCause(complaint)).toBe(cause);
});
