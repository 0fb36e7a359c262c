/** What the program says on stderr, as text for people or as JSON lines for machines. */
export interface Log {
  isJson: boolean;
  /** Something worth knowing, of one or more lines; `fields` go into the JSON. */
  info(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** A log that writes through `write` (whole lines, `\n` included). */
export function createLog(
  format: 'text' | 'json',
  write: (text: string) => void,
  now: () => Date,
): Log {
  const line =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}): void => {
      const text =
        format === 'text'
          ? message
          : JSON.stringify({ time: now().toISOString(), level, message, ...fields });
      write(`${text}\n`);
    };
  return { isJson: format === 'json', info: line('info'), error: line('error') };
}
