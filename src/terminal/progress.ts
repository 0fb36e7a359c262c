import { MultiBar } from 'cli-progress';
import type { Progress } from '../progress.ts';
import type { Log } from './log.ts';
import { type ProgressState, toProgressLine } from './progress-line.ts';
import { toCount, wrapText } from './text.ts';

/** A progress display, with an end. */
export interface ProgressDisplay extends Progress {
  /** Takes the bar away. Idempotent. */
  stop(): void;
}

const LINE_EVERY_MS = 60_000;

/** A line in the log now and then: for cron, pipes and JSON logs. */
export function createProgressLines(stage: string, log: Log, now: () => number): ProgressDisplay {
  let last = now();
  return {
    update(state) {
      if (now() - last < LINE_EVERY_MS) return;
      last = now();
      const total = state.total === undefined ? '' : ` of ${toCount(state.total)}`;
      const detail = state.detail === undefined ? '' : `, ${state.detail}`;
      log.info(`${stage}: ${toCount(state.done)}${total} ${state.unit}${detail}`, {
        stage,
        event: 'progress',
        ...state,
      });
    },
    note: (message) => log.info(`${stage}: ${message}`, { stage, event: 'note' }),
    announce(message) {
      if (log.isJson) log.info(`${stage}: ${message}`, { stage, event: 'start' });
    },
    stop() {},
  };
}

/** A live bar on a terminal; notes scroll by above it. */
export function createProgressBar(
  stage: string,
  stream: NodeJS.WriteStream,
  now: () => number,
): ProgressDisplay {
  let began = { done: 0, at: now() };
  let state: ProgressState | undefined;
  const bars = new MultiBar({
    stream,
    clearOnComplete: true,
    hideCursor: true,
    fps: 8,
    // Ctrl-C is ours to handle.
    gracefulExit: false,
    format: () => {
      if (state === undefined) return stage;
      const since = { done: state.done - began.done, seconds: (now() - began.at) / 1000 };
      return toProgressLine({ stage, state, since, columns: stream.columns });
    },
  });
  const bar = bars.create(1, 0);
  let stopped = false;
  // Terminals wrap no lines while there is a bar.
  const note = (message: string): void => {
    const lines = wrapText(`${stage}: ${message}`, stream.columns - 2);
    bars.log(`${lines.join('\n  ')}\n`);
  };
  return {
    update(next) {
      // What a stage that goes on with something starts from is not its own work.
      if (state === undefined) began = { done: next.done, at: now() };
      state = next;
      bar.update(next.done);
    },
    note,
    announce: note,
    stop() {
      if (stopped) return;
      stopped = true;
      // Stopping alone would lose the notes that are not on the screen yet.
      bars.update();
      bars.stop();
    },
  };
}
