import { oneLine, widthOf } from './printable.ts';
import { cut } from './text.ts';

/** Content on its way, as the person at the terminal sees it. */
export interface Transfer extends Disposable {
  /** How many of its bytes have gone by now. */
  readonly at: (bytes: number) => void;
}

export interface Transfers {
  begin(label: string, totalBytes: number): Transfer;
  /** Writes where the bars stand, and draws them anew below. */
  around(write: () => void): void;
}

/** What is smaller is gone before anybody has read its line. */
const MIN_BYTES = 1_000_000;
const REDRAW_MS = 100;
const BAR = 24;

interface Shown {
  readonly label: string;
  readonly totalBytes: number;
  readonly startedMs: number;
  bytes: number;
}

export const NO_TRANSFER: Transfer = { at: () => undefined, [Symbol.dispose]: () => undefined };

/** A bar for each transfer under way, drawn in place; nothing of them stays. `nowMs` is a clock that only goes on. */
export function createTransfers(
  stream: Pick<NodeJS.WriteStream, 'write' | 'columns'>,
  nowMs: () => number = () => performance.now(),
): Transfers {
  const shown = new Set<Shown>();
  let lines = 0;
  let drawnMs = Number.NEGATIVE_INFINITY;
  const clear = () => {
    if (lines > 0) stream.write(`\u001b[${lines}A\u001b[J`);
    lines = 0;
  };
  const draw = () => {
    clear();
    drawnMs = nowMs();
    // A line that wraps would be two lines to go back.
    const width = (stream.columns || 80) - 1;
    for (const one of shown) stream.write(`${barText(one, width, drawnMs)}\n`);
    lines = shown.size;
  };
  return {
    begin(label, totalBytes) {
      if (totalBytes < MIN_BYTES) return NO_TRANSFER;
      const one: Shown = { label: oneLine(label), totalBytes, startedMs: nowMs(), bytes: 0 };
      shown.add(one);
      draw();
      return {
        at: (bytes) => {
          one.bytes = bytes;
          if (nowMs() - drawnMs >= REDRAW_MS) draw();
        },
        [Symbol.dispose]: () => {
          if (shown.delete(one)) draw();
        },
      };
    },
    around(write) {
      clear();
      write();
      if (shown.size > 0) draw();
    },
  };
}

function barText({ label, totalBytes, startedMs, bytes }: Shown, width: number, atMs: number): string {
  const share = Math.min(1, bytes / totalBytes);
  const full = Math.round(share * BAR);
  const seconds = (atMs - startedMs) / 1000;
  const rate = seconds > 0 ? `${bytesText(bytes / seconds)}/s` : '';
  const right = [
    `[${'='.repeat(full)}${' '.repeat(BAR - full)}]`,
    `${Math.floor(share * 100)}%`.padStart(4),
    `${bytesText(bytes)} of ${bytesText(totalBytes)}`,
    rate,
  ].join(' ');
  const room = width - widthOf(right) - 1;
  return room < 8 ? cut(label, width) : `${cut(label, room).padEnd(Math.min(room, 24))} ${right}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `12.3 MB`, by thousands as disks and networks are sold. */
export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}
