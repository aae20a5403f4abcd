/** Which lines of modules evaluations came to: the report of `opa test --coverage`. */
import type { Observer } from '../evaluate/observe.ts';
import type { Expr, Location, Module, Rule } from '../syntax/ast.ts';
import { visitRule } from '../syntax/visit.ts';

export interface Position {
  readonly row: number;
  readonly col: number;
}

/** The end is behind the last character. */
export interface Range {
  readonly start: Position;
  readonly end: Position;
}

export interface CoverageCounts {
  readonly covered_lines: number;
  readonly not_covered_lines: number;
  /** Percent. */
  readonly coverage: number;
}

export interface FileCoverage extends Partial<CoverageCounts> {
  readonly covered?: readonly Range[];
  readonly not_covered?: readonly Range[];
}

export interface CoverageReport extends CoverageCounts {
  readonly files: Readonly<Record<string, FileCoverage>>;
}

export interface CoveredSource {
  readonly module: Module;
  readonly text: string;
}

/** A head is covered where its rule holds, an expression where it is evaluated: it, or what it consists of. */
export function coverageReport(sources: readonly CoveredSource[], observer: Observer): CoverageReport {
  const tried = Map.groupBy(
    observer.observations.map(({ location }) => location),
    ({ file }) => file,
  );
  const exited = new Set(observer.exited.map(placeKey));
  const files = sources.map(({ module, text }) => {
    const covered = [
      ...(tried.get(module.file) ?? []),
      ...rulesOf(module)
        .filter(({ location }) => exited.has(placeKey(location)))
        .flatMap(({ head, body }) => [head.location, ...body.map(({ location }) => location)]),
    ];
    const others = placesOf(module).filter((place) => !covered.some((one) => isWithin(place, one)));
    return { file: module.file, covered: rangesOf(covered, text), others: rangesOf(others, text) };
  });
  const sums = files.map(({ covered, others }) => countsOf(linesIn(covered), linesIn(others)));
  return {
    files: Object.fromEntries(files.map((one, index) => [one.file, fileReport(one, sums[index])])),
    ...countsOf(
      sums.reduce((sum, { covered_lines }) => sum + covered_lines, 0),
      sums.reduce((sum, { not_covered_lines }) => sum + not_covered_lines, 0),
    ),
  };
}

function fileReport(
  { covered, others }: { readonly covered: readonly Range[]; readonly others: readonly Range[] },
  counts: CoverageCounts | undefined,
): FileCoverage {
  const known = Object.entries(counts ?? {}).filter(([, value]) => value !== 0);
  return {
    ...(covered.length > 0 ? { covered } : {}),
    ...(others.length > 0 ? { not_covered: others } : {}),
    ...Object.fromEntries(known),
  };
}

function countsOf(covered: number, others: number): CoverageCounts {
  const all = covered + others;
  return {
    covered_lines: covered,
    not_covered_lines: others,
    coverage: all === 0 ? 0 : (100 * covered) / all,
  };
}

function rulesOf({ rules }: Module): readonly Rule[] {
  const all: Rule[] = [];
  for (const first of rules) {
    for (let rule: Rule | undefined = first; rule !== undefined; rule = rule.else) all.push(rule);
  }
  return all;
}

/** Heads, and expressions but for declarations of variables. */
function placesOf(module: Module): readonly Location[] {
  const heads = rulesOf(module).map(({ head }) => head.location);
  const expressions: Expr[] = [];
  for (const rule of module.rules) {
    visitRule(rule, {
      expr: (expr) => {
        if (expr.kind !== 'some' && expr.kind !== 'some-in') expressions.push(expr);
        return false;
      },
    });
  }
  return [...heads, ...expressions.map(({ location }) => location)];
}

function placeKey({ file, offset, end }: Location): string {
  return `${offset}-${end} ${file}`;
}

function isWithin(inner: Location, outer: Location): boolean {
  return inner.offset >= outer.offset && inner.end <= outer.end;
}

function rangesOf(places: readonly Location[], text: string): readonly Range[] {
  const distinct = new Map(places.map((place) => [placeKey(place), place]));
  return [...distinct.values()]
    .toSorted((a, b) => a.offset - b.offset || b.end - a.end)
    .map((place) => ({ start: { row: place.row, col: place.col }, end: endOf(place, text) }));
}

function endOf({ row, col, offset, end }: Location, text: string): Position {
  const lines = text.slice(offset, end).split('\n');
  const last = lines.at(-1) ?? '';
  return lines.length === 1
    ? { row, col: col + last.length }
    : { row: row + lines.length - 1, col: last.length + 1 };
}

function linesIn(ranges: readonly Range[]): number {
  const rows = new Set<number>();
  for (const { start, end } of ranges) for (let row = start.row; row <= end.row; row++) rows.add(row);
  return rows.size;
}
