import { GROUND_PROBLEMS, type ProblemMap } from '@waybill/server/ground';
import { cliError, exitCodeOf } from '../../packages/cli/src/exit.ts';
import { PROBLEMS } from '../../packages/server/src/problems.ts';
import { CORE_PROBLEMS } from '../../packages/server/src/ground/problems/core.ts';
import { START_CODES } from '../../packages/server/src/ground/problems/problems.ts';
import { CLI_MEANINGS, CLIENT_MEANINGS, START_MEANINGS } from './error-meanings.ts';
import { code, table } from './markdown.ts';

/** Tables of every error code that can leave the system. */
export function errorBlocks(): Readonly<Record<string, string>> {
  return {
    http: [...roomTables(), coreTable()].join('\n\n'),
    start: table(
      ['code', 'meaning'],
      START_CODES.map((name) => [code(name), START_MEANINGS[name]]),
    ),
    cli: table(
      ['code', 'exit code', 'meaning'],
      entries(CLI_MEANINGS).map(([name, meaning]) => [
        code(name),
        String(exitCodeOf(cliError(name, ''))),
        meaning,
      ]),
    ),
    clients: table(
      ['code', 'meaning'],
      entries(CLIENT_MEANINGS).map(([name, meaning]) => [code(name), meaning]),
    ),
  };
}

/** In the order in which main.ts joins the rooms' maps. */
function roomTables(): readonly string[] {
  const rooms = Map.groupBy(Object.entries(PROBLEMS as ProblemMap), ([name]) => name.split('_')[0] ?? '');
  return [
    problemTable('ground', GROUND_PROBLEMS),
    ...rooms.entries().map(([room, problems]) => problemTable(room, Object.fromEntries(problems))),
  ];
}

/** Without the codes that a room maps its own way. */
function coreTable(): string {
  const mapped: ProblemMap = { ...PROBLEMS, ...GROUND_PROBLEMS };
  const own = Object.entries(CORE_PROBLEMS).filter(([name]) => !Object.hasOwn(mapped, name));
  return problemTable('core', Object.fromEntries(own.toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

function problemTable(room: string, problems: ProblemMap): string {
  const rows = Object.entries(problems);
  const withOci = rows.some(([, problem]) => ociOf(problem) !== '');
  const heads = ['code', 'status', 'title', ...(withOci ? ['OCI code'] : [])];
  const cells = rows.map(([name, problem]) => [
    code(name),
    String(problem.status),
    problem.title,
    ...(withOci ? [ociOf(problem)] : []),
  ]);
  return `### ${room}\n\n${table(heads, cells)}`;
}

function ociOf(problem: object): string {
  return 'oci' in problem ? String(problem.oci) : '';
}

function entries<K extends string>(map: Readonly<Record<K, string>>): readonly (readonly [K, string])[] {
  return Object.entries(map) as [K, string][];
}
