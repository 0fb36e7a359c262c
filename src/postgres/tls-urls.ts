import { DatabaseFailed } from '../errors.ts';
import { isLoopback } from '../settings.ts';

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

/**
 * The URLs to try, in order, so that `sslmode` means what it means to psql (PostgreSQL documentation, "SSL Support",
 * table 32.1): `require` encrypts without checking the certificate, unless `sslrootcert` is given; `verify-ca` and
 * `verify-full` check it; `prefer`, the default, does without TLS where the server has none; sockets of Unix have none.
 * pg itself would read `require` as `verify-full`. A server on this machine is not asked for TLS by default. Throws
 * DatabaseFailed for modes that there are not. Pure.
 */
export function toTlsUrls(
  text: string,
  environment: { PGSSLMODE?: string | undefined; PGSSLROOTCERT?: string | undefined },
): string[] {
  const url = URL.parse(text);
  if (url === null || url.searchParams.has('uselibpqcompat')) return [text];
  const given = url.searchParams.get('sslmode') ?? environment.PGSSLMODE ?? null;
  const host = url.searchParams.get('host') ?? url.hostname;
  const isSocket = /^(?:\/|%2f)/i.test(host);
  if (given === null && (isSocket || host === '' || isLoopback(host))) return [text];
  if (given !== null && !MODES.includes(given)) {
    throw new DatabaseFailed(`there is no sslmode ${given}`, {
      next: `It is ${MODES.join(', ')}.`,
    });
  }
  const mode = isSocket ? 'disable' : given === null || given === 'allow' ? 'prefer' : given;
  const root = url.searchParams.get('sslrootcert') ?? environment.PGSSLROOTCERT ?? null;
  // libpq's name for the authorities that the system trusts; Node has its own list of them.
  if (root === null || root === 'system') url.searchParams.delete('sslrootcert');
  else url.searchParams.set('sslrootcert', root);
  if (mode === 'verify-ca' && !url.searchParams.has('sslrootcert')) {
    throw new DatabaseFailed('sslmode=verify-ca needs to know whom to believe', {
      next: "Add sslrootcert=FILE; or use verify-full, which checks the server's name too.",
    });
  }
  url.searchParams.set('uselibpqcompat', 'true');
  const withMode = (value: string): string => {
    url.searchParams.set('sslmode', value);
    if (value === 'disable') url.searchParams.delete('sslrootcert');
    return url.href;
  };
  return mode === 'prefer' ? [withMode('prefer'), withMode('disable')] : [withMode(mode)];
}
