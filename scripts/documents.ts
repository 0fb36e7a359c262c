/**
 * Fills the generated parts of the documents: the help of each command, the settings, the exit codes, the fields of the
 * two APIs, the data dictionary. Each stands between `<!-- name -->` and `<!-- end -->` and is the program's own text, so
 * that it cannot drift. Run by `make format`.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EXIT_MEANINGS } from '../src/errors.ts';
import { VARIABLES } from '../src/settings.ts';
import { toDictionary } from './dictionary.ts';
import { toFieldsTable } from './fields.ts';

const ROOT = new URL('..', import.meta.url);
const CLI = fileURLToPath(new URL('../src/cli.ts', import.meta.url));

/** A document as it is, and as it should be. */
export interface Rendered {
  file: URL;
  actual: string;
  expected: string;
}

/** The documents with generated parts. */
export async function renderDocuments(): Promise<Rendered[]> {
  return Promise.all(
    (await listDocuments()).map(async (name) => {
      const file = new URL(name, ROOT);
      const actual = await readFile(file, 'utf8');
      let expected = actual;
      for (const [whole, part = ''] of actual.matchAll(
        /<!-- ([a-z ]+) -->\n[\s\S]*?<!-- end -->/g,
      )) {
        const text = `<!-- ${part} -->\n\n${await toPart(part)}\n\n<!-- end -->`;
        expected = expected.replace(whole, () => text);
      }
      return { file, actual, expected };
    }),
  );
}

/** The documents of the project, by their paths in it. */
export async function listDocuments(): Promise<string[]> {
  const docs = (await readdir(new URL('docs', ROOT))).filter((name) => name.endsWith('.md'));
  return [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    ...docs.sort().map((name) => `docs/${name}`),
  ];
}

async function toPart(name: string): Promise<string> {
  if (name === 'fields') return toFieldsTable();
  if (name === 'dictionary') return toDictionary();
  if (name === 'settings') {
    return toTable(['variable', 'what it is'], Object.entries(VARIABLES), '`');
  }
  if (name === 'exit codes') return toTable(['code', 'meaning'], Object.entries(EXIT_MEANINGS));
  const command = name.replace(/^help /, '');
  const argv = [CLI, ...command.split(' '), '--help'];
  const env = { ...process.env, ENGAGEMENTS_NAME: './engagements' };
  const { stdout } = await promisify(execFile)(process.execPath, argv, { env });
  return ['```', stdout.trimEnd(), '```'].join('\n');
}

function toTable(head: string[], rows: string[][], quote = ''): string {
  const lines = rows.map(([first, ...rest]) => [`${quote}${first}${quote}`, ...rest]);
  return [head, head.map(() => '---'), ...lines].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

if (import.meta.main) {
  for (const { file, expected } of await renderDocuments()) await writeFile(file, expected);
}
