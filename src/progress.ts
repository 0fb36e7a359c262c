/** How a stage reports its progress, to a terminal or a log. */
export interface Progress {
  /**
   * How far the stage is; may be called often. `done` and `total` count `unit`s
   * (`'rows'`, `'pages'`, …); `total` is absent while unknown; `detail` is a few words such as a rate.
   */
  update(state: { done: number; total?: number; unit: string; detail?: string }): void;
  /** A message that should be kept: a retry, a fall-back, a file left out. */
  note(message: string): void;
  /** What the stage sets out to do: for a person who watches. A log has what became of it. */
  announce?(message: string): void;
}

/** Reports nothing; for tests. */
export const silent: Progress = { update() {}, note() {} };
