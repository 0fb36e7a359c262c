/** What the program says on stderr, as text for people or as JSON lines for machines. */
export interface Log {
  isJson: boolean;
  /** Something worth knowing, of one or more lines; `fields` go into the JSON. */
  info(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** `text`: for a terminal; `timed`: text for a log, each message after its time; `json`: a JSON object a line. */
export type LogStyle = 'text' | 'timed' | 'json';

/** A log that writes through `write` (whole lines, `\n` included). */
export function createLog(style: LogStyle, write: (text: string) => void, now: () => Date): Log {
  const line =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}): void => {
      const time = now().toISOString();
      const texts: Record<LogStyle, () => string> = {
        text: () => message,
        timed: () => `${time.slice(0, 19)}Z ${message}`,
        json: () => JSON.stringify({ time, level, message, ...fields }),
      };
      write(`${texts[style]()}\n`);
    };
  return { isJson: style === 'json', info: line('info'), error: line('error') };
}
