import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));

/** What make would run, or says. */
async function make(...args: string[]): Promise<string> {
  // A make that runs the tests hands on its own options.
  const env = { PATH: process.env['PATH'] ?? '' };
  const { stdout } = await promisify(execFile)('make', args, { cwd: FOLDER, env });
  return stdout;
}

test('ARGS goes to the one target named, in all it does', async () => {
  const commands = await make('--dry-run', 'load', 'ARGS=--data-dir elsewhere');
  expect(commands.trimEnd().split('\n').at(-1)).toBe(
    './engagements load --transform --data-dir elsewhere',
  );
});

test.each([[['extract', 'load']], [[]]])('ARGS is refused with targets %j', async (targets) => {
  await expect(make('--dry-run', ...targets, 'ARGS=--full')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/ARGS goes to one target/),
  });
});

test('make alone lists the targets', async () => {
  const help = await make();
  for (const target of ['extract', 'transform', 'load', 'report', 'psql', 'test']) {
    expect(help).toMatch(new RegExp(`^ {2}${target} +[A-Z]`, 'm'));
  }
});
