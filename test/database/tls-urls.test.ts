import { expect, test } from 'vitest';
import { connectClient } from '../../src/database/connect.ts';
import { toTlsUrls } from '../../src/database/tls-urls.ts';
import { createTestDatabase } from '../support/postgres.ts';

const URL_ = 'postgres://u:p%40@db.example:5432/d';
const compat = (mode: string): string => `uselibpqcompat=true&sslmode=${mode}`;

test.each<[string, string[]]>([
  ['', [`?${compat('prefer')}`, `?${compat('disable')}`]],
  [
    '?sslmode=prefer',
    ['?sslmode=prefer&uselibpqcompat=true', '?sslmode=disable&uselibpqcompat=true'],
  ],
  [
    '?sslmode=allow',
    ['?sslmode=prefer&uselibpqcompat=true', '?sslmode=disable&uselibpqcompat=true'],
  ],
  ['?sslmode=require', ['?sslmode=require&uselibpqcompat=true']],
  ['?sslmode=disable', ['?sslmode=disable&uselibpqcompat=true']],
  ['?sslmode=verify-full&sslrootcert=system', ['?sslmode=verify-full&uselibpqcompat=true']],
  [`?${compat('require')}`, [`?${compat('require')}`]],
])('%s', (query, expected) => {
  expect(toTlsUrls(`${URL_}${query}`, undefined)).toEqual(expected.map((one) => `${URL_}${one}`));
});

test.each(['postgres://u@127.0.0.1/d', 'postgres://u@localhost/d', 'postgres:///d?host=/run/pg'])(
  '%s is not asked for TLS',
  (url) => {
    expect(toTlsUrls(url, undefined)).toEqual([url]);
  },
);

test('PGSSLMODE stands for what the URL does not say', () => {
  expect(toTlsUrls(URL_, 'require')).toEqual([URL_]);
});

test('prefer does without TLS where the server has none; require does not', async () => {
  const db = await createTestDatabase();
  try {
    const client = await connectClient(withMode(db.url, 'prefer'), 'test');
    await client.end();
    await expect(connectClient(withMode(db.url, 'require'), 'test')).rejects.toThrow(
      /does not support SSL/,
    );
  } finally {
    await db.close();
  }
});

function withMode(text: string, mode: string): string {
  const url = new URL(text);
  url.search = `?sslmode=${mode}`;
  return url.href;
}
