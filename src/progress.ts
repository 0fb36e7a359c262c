/** What a stage tells whoever watches it: a person at a terminal, or a log. */
export interface Progress {
  /**
   * How far the stage is; called as often as it likes. `done` and `total` count `unit`s
   * (`'rows'`, `'pages'`, …); `total` is absent while unknown; `detail` is a few words such as a rate.
   */
  update(state: { done: number; total?: number; unit: string; detail?: string }): void;
  /** A line worth keeping: a retry, a fall-back, a file left out. */
  note(message: string): void;
}

/** Tells nobody; for tests and library use. */
export const silent: Progress = { update() {}, note() {} };
