/** The exit codes of the program. */
export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  hubspot: 3,
  archive: 4,
  database: 5,
  guard: 6,
} as const;

/** What each exit code means, for help and README. */
export const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'a bug',
  2: 'wrong usage or settings',
  3: 'HubSpot refused or is unavailable; what was fetched is kept',
  4: 'the archive is damaged or incomplete, or cannot be written',
  5: 'the database refused or is out of reach; nothing was changed',
  6: 'a guard refused: mixed portals, too many rejects, demo into a real database, suspicious emptiness, locked',
  130: 'interrupted by SIGINT; resumable',
  143: 'interrupted by SIGTERM; resumable',
};

/** What an error is made of besides its message. */
export interface JobErrorParts {
  /** What the operator can do next, shown on a line of its own. */
  next?: string;
  /** The error that caused this one. It is never shown, since it may quote data. */
  cause?: unknown;
}

/**
 * An error that is not a bug in the program: the message says what happened and where, `next` what to do. Neither
 * contains a token or a password.
 */
export class JobError extends Error {
  override name = 'JobError';
  /** A name that scripts can rely on, `ERR_…`. */
  readonly code: string;
  /** One of {@link EXIT}, or 130/143 for a signal. */
  readonly exitCode: number;
  /** Whether the same command may succeed when it is run again. */
  readonly retryable: boolean;
  readonly next: string | undefined;

  constructor(
    kind: { code: string; exitCode: number; retryable?: boolean },
    message: string,
    parts: JobErrorParts = {},
  ) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = kind.code;
    this.exitCode = kind.exitCode;
    this.retryable = kind.retryable ?? false;
    this.next = parts.next;
  }
}

/** Wrong options, environment or `.env`; nothing was started. */
export class SettingsError extends JobError {
  override name = 'SettingsError';
  constructor(message: string, parts?: JobErrorParts) {
    super({ code: 'ERR_SETTINGS', exitCode: EXIT.usage }, message, parts);
  }
}

/** HubSpot refused a request, and would refuse it again (400, 401, 403); fetched pages are kept. */
export class HubSpotRefused extends JobError {
  override name = 'HubSpotRefused';
  /** The status of HubSpot's answer. */
  readonly status: number | undefined;
  constructor(message: string, parts?: JobErrorParts & { status?: number }) {
    super({ code: 'ERR_HUBSPOT_REFUSED', exitCode: EXIT.hubspot }, message, parts);
    this.status = parts?.status;
  }
}

/** HubSpot could not be reached or kept failing; the run is resumable. */
export class HubSpotUnavailable extends JobError {
  override name = 'HubSpotUnavailable';
  constructor(message: string, parts?: JobErrorParts) {
    super(
      { code: 'ERR_HUBSPOT_UNAVAILABLE', exitCode: EXIT.hubspot, retryable: true },
      message,
      parts,
    );
  }
}

/** A file of the archive is missing, damaged or unreadable, or its folder cannot be written. */
export class ArchiveError extends JobError {
  override name = 'ArchiveError';
  constructor(message: string, parts?: JobErrorParts) {
    super({ code: 'ERR_ARCHIVE', exitCode: EXIT.archive }, message, parts);
  }
}

/** The database refused, is out of reach, or could not be started; nothing was changed in it. */
export class DatabaseFailed extends JobError {
  override name = 'DatabaseFailed';
  constructor(message: string, parts?: JobErrorParts & { retryable?: boolean }) {
    super(
      { code: 'ERR_DATABASE', exitCode: EXIT.database, retryable: parts?.retryable ?? false },
      message,
      parts,
    );
  }
}

/** A guard stopped the program before it did something that is probably not wanted. */
export class GuardRefused extends JobError {
  override name = 'GuardRefused';
  constructor(message: string, parts?: JobErrorParts) {
    super({ code: 'ERR_GUARD', exitCode: EXIT.guard }, message, parts);
  }
}

/** The program was stopped by SIGINT or SIGTERM, and can be run again. */
export class Interrupted extends JobError {
  override name = 'Interrupted';
  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(
      { code: 'ERR_INTERRUPTED', exitCode: signal === 'SIGINT' ? 130 : 143, retryable: true },
      `stopped by ${signal}`,
      { next: 'Run the same command again to go on.' },
    );
  }
}

/** Whether `error` is a Node system error with one of these codes (`ENOENT`, `EACCES`, …). */
export function isSystemError(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return (
    error instanceof Error && 'code' in error && codes.includes((error as { code: string }).code)
  );
}
