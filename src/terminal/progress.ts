import { MultiBar, Presets } from 'cli-progress';
import type { Progress } from '../progress.ts';
import type { Log } from './log.ts';
import { toCount, toCounted } from './text.ts';

/** A progress display, with an end. */
export interface ProgressDisplay extends Progress {
  /** Takes the bar away. Idempotent. */
  stop(): void;
}

type State = Parameters<Progress['update']>[0];

const LINE_EVERY_MS = 10_000;

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
        ...state,
      });
    },
    note: (message) => log.info(`${stage}: ${message}`, { stage }),
    stop() {},
  };
}

/** A live bar on a terminal; notes scroll by above it. */
export function createProgressBar(stage: string, stream: NodeJS.WriteStream): ProgressDisplay {
  const began = Date.now();
  const bars = new MultiBar(
    {
      stream,
      clearOnComplete: true,
      hideCursor: true,
      barsize: 24,
      fps: 8,
      // Ctrl-C is ours to handle.
      gracefulExit: false,
      format: (_options, params, payload: Partial<State>) => {
        const done = toCounted(params.value, payload.unit ?? 'records');
        const seconds = Math.max(0.1, (Date.now() - began) / 1000);
        const rate = `${toCount(Math.round(params.value / seconds))}/s`;
        const detail = payload.detail === undefined ? '' : `, ${payload.detail}`;
        if (payload.total === undefined) return `${stage}  ${done}${detail}, ${rate}`;
        const filled = Math.round(params.progress * 24);
        const bar = '█'.repeat(filled) + '░'.repeat(24 - filled);
        return `${stage}  ${bar} ${Math.round(params.progress * 100)} %  ${done} of ${toCount(payload.total)}, ${rate}${detail}`;
      },
    },
    Presets.shades_classic,
  );
  const bar = bars.create(1, 0, {});
  return {
    update(state) {
      bar.setTotal(state.total ?? Number.MAX_SAFE_INTEGER);
      bar.update(state.done, state);
    },
    note: (message) => bars.log(`${stage}: ${message}\n`),
    stop: () => bars.stop(),
  };
}
