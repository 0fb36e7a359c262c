import type { InferredOptionType, Options } from 'yargs';
import type { Variable } from '../settings.ts';
import type { Context } from './context.ts';

/** An option as yargs takes it; `variable` is the setting that it stands for. */
export type Option = Options & { variable?: Variable };

/**
 * Options by their names as typed (`full-every`). Those that are not boolean need a value; one that the command's name
 * has as `<…>` is positional.
 */
export type OptionTable = Readonly<Record<string, Option>>;

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** The values of a command's options, under their names in camelCase. */
export type Arguments<O extends OptionTable> = {
  [Name in keyof O as CamelCase<Name & string>]: InferredOptionType<O[Name]>;
};

/** A command: what is typed, what help says of it, and what it does. */
// biome-ignore lint/suspicious/noExplicitAny: a list of commands holds options of any kind.
export interface Command<O extends OptionTable = any> {
  /** What is typed, with its positional arguments: `show <id>`. */
  name: string;
  describe: string;
  options: O;
  /** A command line without the program's name, and what it is good for. */
  examples: readonly (readonly [command: string, what: string])[];
  /**
   * Does the work; `rest` is what followed `--`. Returns an exit code when it is not 0, or throws a JobError that has
   * one.
   */
  run(
    context: Context,
    args: Arguments<O>,
    rest: string[],
  ): Promise<number | undefined> | Promise<void>;
}

/** The option of the commands to which it matters when a full run is due. */
export const FULL_EVERY_OPTION = {
  type: 'string',
  variable: 'FULL_EVERY',
  describe: 'Fetch everything when the last full run is older than so many days, or never [30]',
} as const satisfies Option;

/** The option of every command whose result a program can read. */
export const JSON_OPTION = {
  type: 'boolean',
  default: false,
  describe: 'Print the result as JSON on stdout',
} as const satisfies Option;
