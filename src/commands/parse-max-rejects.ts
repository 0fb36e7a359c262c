import { SettingsError } from '../errors.ts';

/** `100` → a count, `2.5%` → a percentage. Throws SettingsError. */
export function parseMaxRejects(text: string): { count: number } | { percent: number } {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim()) ?? [];
  const value = Number(number);
  if (percent === '%' && value <= 100) return { percent: value };
  if (percent === '' && Number.isSafeInteger(value)) return { count: value };
  throw new SettingsError(
    `--max-rejects must be a count such as 50 or a percentage such as 2%; it is ${text}`,
  );
}
