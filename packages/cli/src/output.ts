import { styleText } from 'node:util';
import { type LogFormat, messageLine } from './messages.ts';
import { oneLine, printable, widthOf } from './printable.ts';
import { isAttended } from './terminal.ts';
import { createTransfers, NO_TRANSFER, type Transfer } from './transfers.ts';

export const OUTPUT_FORMATS = ['table', 'json', 'yaml'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];
export type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold';

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string;
}

/** Data to stdout, messages to stderr; colours only where a person reads them. */
export interface Output {
  readonly format: OutputFormat;
  /** The result of the command: `value` as JSON or YAML, or `text` for people. */
  data(value: unknown, text: () => string): void;
  /** The result, where it is JSON already: as it is, or as YAML for who asked for that. */
  json(text: string): void;
  /** The result for other programs, byte for byte. */
  raw(text: string): void;
  /** Shows content on its way, to a person at a terminal and nobody else. */
  transfer(label: string, totalBytes: number): Transfer;
  /** A message to the person, never part of the result. */
  note(message: string): void;
  paint(colour: Colour, text: string): string;
}

export interface OutputOptions {
  readonly format: OutputFormat;
  /** Of messages; `text` unless told. */
  readonly logFormat?: LogFormat;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  /** Writes YAML; there for the format `yaml`, as nobody else pays for loading it. */
  readonly formatYaml?: (value: unknown) => string;
}

export function createOutput(options: OutputOptions): Output {
  const { format, logFormat = 'text', stdout, stderr } = options;
  const colours = wantsColours(options);
  const isWatched = logFormat === 'text' && isAttended(stderr, options.env);
  const transfers = isWatched ? createTransfers(stderr) : undefined;
  const yaml = (json: string) => options.formatYaml?.(JSON.parse(json, withWholeNumbers)) ?? json;
  const jsonOrYaml = (json: string) => (format === 'yaml' ? yaml(json) : json);
  return {
    format,
    data(value, text) {
      const shown = format === 'table' ? printable(text()) : jsonOrYaml(JSON.stringify(value, null, 2));
      stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`);
    },
    json: (text) => void stdout.write(jsonOrYaml(text)),
    raw: (text) => void stdout.write(text),
    transfer: (label, totalBytes) => transfers?.begin(label, totalBytes) ?? NO_TRANSFER,
    note: (message) => {
      const line = logFormat === 'json' ? messageLine('info', message) : `${printable(message)}\n`;
      const write = () => void stderr.write(line);
      if (transfers) transfers.around(write);
      else write();
    },
    paint: (colour, text) => (colours ? styleText(colour, text, { validateStream: false }) : text),
  };
}

/** A whole number that no double holds keeps its digits. */
function withWholeNumbers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source ?? '';
  return typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
    ? BigInt(source)
    : value;
}

/** https://no-color.org: present and not empty means none, whatever its value. */
function wantsColours({ env, stdout }: OutputOptions): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return stdout.isTTY === true && env['TERM'] !== 'dumb';
}

/** Columns padded to their widest cell, two spaces between; the last one is not padded. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => oneLine(column.of(row)))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => widthOf(line[index] ?? ''))));
  return cells
    .map((line) =>
      line
        .map((cell, index) =>
          index === columns.length - 1 ? cell : cell + ' '.repeat((widths[index] ?? 0) - widthOf(cell)),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `name: value` lines with aligned values; pairs without a value are left out. */
export function listing(pairs: readonly (readonly [string, string | undefined | null])[]): string {
  const shown = pairs.filter(
    (pair): pair is readonly [string, string] => pair[1] !== undefined && pair[1] !== null,
  );
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${oneLine(value)}`).join('\n');
}

/** A short digest for tables: algorithm and 12 digits. */
export function shortDigest(digest: string): string {
  return digest.length > 20 ? digest.slice(0, digest.indexOf(':') + 13) : digest;
}
