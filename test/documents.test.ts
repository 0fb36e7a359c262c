import { execFile } from 'node:child_process';
import { access, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listDocuments, renderDocuments } from '../scripts/documents.ts';
import { makeTemporaryFolder } from './support/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A fenced block of a document: its language, what follows it, its text. */
interface Block {
  document: string;
  language: string;
  note: string;
  text: string;
}

const documents = new Map(
  await Promise.all(
    (await listDocuments()).map(
      async (name) => [name, await readFile(path.join(ROOT, name), 'utf8')] as const,
    ),
  ),
);
const blocks = [...documents].flatMap(([document, text]) =>
  [...text.matchAll(/^```([a-z]+)(?: (.*))?\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', note = '', block = '']): Block => ({
      document,
      language,
      note,
      text: block,
    }),
  ),
);

test('the generated parts are what the program says (make format)', async () => {
  for (const { actual, expected } of await renderDocuments()) expect(actual).toBe(expected);
}, 120_000);

describe('every command runs', () => {
  // A clone as a reader has it, without the data and the settings of whoever runs the tests.
  let clone: string;
  beforeAll(async () => {
    clone = await makeTemporaryFolder();
    for (const name of await readdir(ROOT)) {
      if (['.env', '.git', 'data'].includes(name)) continue;
      await symlink(path.join(ROOT, name), path.join(clone, name));
    }
    await run('make extract load report');
  }, 180_000);
  afterAll(() => rm(clone, { recursive: true, force: true }));

  const run = (command: string) =>
    promisify(execFile)('sh', ['-ec', command], {
      cwd: clone,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
      maxBuffer: 1 << 28,
    });

  const runnable = blocks.filter(({ language, note }) => language === 'sh' && note === '');
  test.for(runnable)('$document: $text', { timeout: 120_000 }, async ({ text }, { skip }) => {
    for (const tool of ['psql', 'jq', 'duckdb']) {
      if (!new RegExp(`\\b${tool}\\b`).test(text)) continue;
      await run(`command -v ${tool}`).catch(() => skip(`${tool} is not installed`));
    }
    const { stdout } = await run(text);
    expect(stdout).not.toBe('');
  });

  test.for(blocks.filter(({ language }) => language === 'sql'))(
    '$document: $text',
    { timeout: 60_000 },
    async ({ text }, { skip }) => {
      await run('command -v psql').catch(() => skip('psql is not installed'));
      await writeFile(path.join(clone, 'block.sql'), text);
      await run('./engagements psql -- -v ON_ERROR_STOP=1 -f block.sql');
    },
  );
});

test('a block that no test runs says why', () => {
  const silent = blocks.filter(
    ({ language, note }) =>
      !['sh', 'sql', 'cron', 'systemd', 'text'].includes(language) && !note.startsWith('not-run: '),
  );
  expect(silent).toEqual([]);
});

test('systemd takes the units of the documents', async ({ skip }) => {
  const units = blocks.filter(({ language }) => language === 'systemd');
  expect(units.length).toBeGreaterThan(1);
  const folder = await makeTemporaryFolder();
  try {
    const files = await Promise.all(
      units.map(async ({ note, text }) => {
        const file = path.join(folder, note);
        // It looks for the program, which is here rather than there.
        await writeFile(file, text.replaceAll('/srv/hubspot-engagements', ROOT.replace(/\/$/, '')));
        return file;
      }),
    );
    const verify = promisify(execFile)('systemd-analyze', ['verify', ...files]);
    const { stderr } = await verify.catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') skip('systemd-analyze is not installed');
      throw error;
    });
    expect(stderr).not.toMatch(/hubspot-engagements\.(service|timer)/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the messages of the troubleshooting page are those of the program', async () => {
  const names = (await readdir(path.join(ROOT, 'src'), { recursive: true })).filter((name) =>
    name.endsWith('.ts'),
  );
  const sources = await Promise.all(
    names.map((name) => readFile(path.join(ROOT, 'src', name), 'utf8')),
  );
  const messages = [
    ...(documents.get('docs/troubleshooting.md') ?? '').matchAll(/^### `(.*)`$/gm),
  ].map(([, message = '']) => message);
  expect(messages.length).toBeGreaterThan(10);
  const unknown = messages.filter((message) => {
    const literals = message.split('…').map((text) => text.trim());
    return !sources.some((source) => literals.every((text) => source.includes(text)));
  });
  expect(unknown).toEqual([]);
});

test('links lead somewhere', async () => {
  const broken: string[] = [];
  for (const [document, text] of documents) {
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [file = '', heading] = target.split('#');
      const linked = file === '' ? document : path.join(path.dirname(document), file);
      const isThere = await access(path.join(ROOT, linked)).then(
        () => true,
        () => false,
      );
      const headings = [...(documents.get(linked) ?? '').matchAll(/^#+ (.*)$/gm)].map(
        ([, title = '']) =>
          title
            .toLowerCase()
            .replace(/[^\w\- ]/g, '')
            .replaceAll(' ', '-'),
      );
      if (!isThere || (heading !== undefined && !headings.includes(heading))) {
        broken.push(`${document}: ${target}`);
      }
    }
  }
  expect(broken).toEqual([]);
});
