import { MultiBar, type SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.ts';
import { bytes, count, duration } from './words.ts';

/** The numbers that a bar shows. The bar computes an absent rate or time. */
export type Progress = {
  done: number;
  total: number;
  perSecond?: number | undefined;
  secondsLeft?: number | undefined;
};

export type Bar = {
  show(progress: Progress): void;
  /** Shows the final state. `note` replaces rate and time left. */
  finish(progress: Progress, note?: string): void;
};

export type Bars = { add(label: string, unit?: 'bytes' | 'count'): Bar; stop(): void };

const LABEL_WIDTH = 10;
// Width of the text beside the bar, in characters.
const WORDS_WIDTH = 66;
const BAR_WIDTHS = { least: 10, most: 28 };

/**
 * Creates progress bars, one line each. If stderr is no terminal, each bar prints one line when it is finished, so that it does not
 * flood a log. With --json, bars print nothing.
 */
export function createBars(terminal: Terminal): Bars {
  const line = (label: string, picture: string) =>
    `  ${terminal.paint('bold', label.padEnd(LABEL_WIDTH))}${picture}`;
  const room = terminal.width - WORDS_WIDTH;
  const barWidth = Math.max(BAR_WIDTHS.least, Math.min(BAR_WIDTHS.most, room));
  let multi: MultiBar | undefined;

  return {
    add(label, unit = 'count') {
      const amount = unit === 'bytes' ? bytes : count;
      const start = performance.now();
      let bar: SingleBar | undefined;
      let ended = false;
      const textOf = (progress: Progress, note?: string) => {
        const share = progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0;
        const full = Math.round(share * barWidth);
        const drawn =
          terminal.paint(ended ? 'green' : 'cyan', '█'.repeat(full)) +
          terminal.paint('dim', '░'.repeat(barWidth - full));
        const seconds = (performance.now() - start) / 1000;
        const rate = progress.perSecond ?? (seconds > 0.3 ? progress.done / seconds : 0);
        const left = progress.secondsLeft ?? (rate > 0 ? leftAt(progress, rate) : undefined);
        const about = [
          rate > 0 && `${amount(rate)}/s`,
          left !== undefined && `${duration(Math.ceil(left))} left`,
        ].filter((candidate) => candidate !== false);
        const share100 = `${Math.floor(share * 100)} %`.padStart(6);
        const of = `${amount(progress.done)} of ${amount(progress.total)}`;
        return `${drawn}${share100}  ${of}  ${terminal.paint('dim', note ?? about.join(', '))}`;
      };
      if (terminal.moves) {
        multi ??= new MultiBar({
          stream: terminal.stderr,
          hideCursor: true,
          // `line` builds the text, so that both kinds of output look alike.
          format: (_options, _params, payload: { text: string }) => payload.text,
          fps: 12,
          emptyOnZero: true,
          linewrap: false,
        });
        bar = multi.create(1, 0, { text: line(label, textOf({ done: 0, total: 0 }, '')) });
      }
      return {
        show(progress) {
          if (!ended) bar?.update(0, { text: line(label, textOf(progress)) });
        },
        finish(progress, note) {
          if (ended) return;
          ended = true;
          const text = line(label, textOf(progress, note ?? `in ${secondsSince(start)}`));
          if (bar) bar.update(1, { text });
          else terminal.note(text);
        },
      };
    },
    stop() {
      multi?.stop();
    },
  };
}

function leftAt(progress: Progress, rate: number): number | undefined {
  const left = progress.total - progress.done;
  return left > 0 ? left / rate : undefined;
}

function secondsSince(start: number): string {
  return duration((performance.now() - start) / 1000);
}
