/**
 * Fills README's generated parts: the help of each command, the settings, the exit codes. Each stands between
 * `<!-- name -->` and `<!-- end -->` and is the program's own text, so that it cannot drift. Run by `make format`.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { EXIT_MEANINGS } from '../src/errors.ts';
import { VARIABLES } from '../src/settings.ts';

const README = new URL('../README.md', import.meta.url);
const CLI = new URL('../src/cli.ts', import.meta.url).pathname;

/** README as it is, and as it should be. */
export async function readReadme(): Promise<{ actual: string; expected: string }> {
  const actual = await readFile(README, 'utf8');
  let expected = actual;
  for (const [whole, name = ''] of actual.matchAll(/<!-- ([a-z ]+) -->\n[^]*?<!-- end -->/g)) {
    const part = `<!-- ${name} -->\n\n${await toPart(name)}\n\n<!-- end -->`;
    expected = expected.replace(whole, () => part);
  }
  return { actual, expected };
}

async function toPart(name: string): Promise<string> {
  if (name === 'settings') {
    return toTable(['variable', 'what it is'], Object.entries(VARIABLES), '`');
  }
  if (name === 'exit codes') return toTable(['code', 'meaning'], Object.entries(EXIT_MEANINGS));
  const command = name.replace(/^help /, '');
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, command, '--help']);
  return ['```', stdout.trimEnd(), '```'].join('\n');
}

function toTable(head: string[], rows: string[][], quote = ''): string {
  const lines = rows.map(([first, ...rest]) => [`${quote}${first}${quote}`, ...rest]);
  return [head, head.map(() => '---'), ...lines].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

if (import.meta.main) await writeFile(README, (await readReadme()).expected);
