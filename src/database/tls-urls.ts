import { isLoopback } from '../settings.ts';

/**
 * The URLs to try, in order, so that `sslmode` means what it means to psql (PostgreSQL documentation, "SSL Support",
 * table 32.1): `require` encrypts without checking the certificate, unless `sslrootcert` is given; `verify-ca` and
 * `verify-full` check it; `prefer`, the default, does without TLS where the server has none. pg itself would read
 * `require` as `verify-full`. A server on this machine is not asked for TLS by default. Pure.
 */
export function toTlsUrls(text: string, environmentMode: string | undefined): string[] {
  const url = URL.parse(text);
  if (url === null || url.searchParams.has('uselibpqcompat')) return [text];
  const given = url.searchParams.get('sslmode');
  if (given === null && environmentMode !== undefined) return [text];
  const isLocal = url.hostname === '' || isLoopback(url.hostname) || url.searchParams.has('host');
  if (given === null && isLocal) return [text];
  const mode = given === null || given === 'allow' ? 'prefer' : given;
  // libpq's name for the authorities that the system trusts; Node has its own list of them.
  if (url.searchParams.get('sslrootcert') === 'system') url.searchParams.delete('sslrootcert');
  url.searchParams.set('uselibpqcompat', 'true');
  const withMode = (value: string): string => {
    url.searchParams.set('sslmode', value);
    return url.href;
  };
  return mode === 'prefer' ? [withMode('prefer'), withMode('disable')] : [withMode(mode)];
}
