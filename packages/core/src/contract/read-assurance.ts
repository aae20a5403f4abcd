import { nearest, quoted } from '../bytes/index.ts';
import type { ContractAssurance } from './contract.ts';
import type { DocNode, DocObject } from './doc-node.ts';

export const RUNNER_ASSURANCES = ['STATED', 'VERIFIED'] as const;
/** SLSA v1 build levels that a contract can ask for; 0 asks for nothing. */
export const BUILD_LEVELS = [1, 2, 3] as const;

const EXAMPLE = '{runner: VERIFIED, slsaLevel: 2, freshness: {run: 2h, verdict: 30d}}';

/**
 * How sure the server must be of what a run says, and for how long. Whatever is wrong here is an error: left unread, a
 * demand for proof would be none. Undefined: nothing is demanded.
 */
export function readAssurance(node: DocNode | undefined): ContractAssurance | undefined {
  if (node === undefined) return undefined;
  if (node.isNull) return node.error(`expected a mapping like ${EXAMPLE}, found nothing`);
  const object = node.asObject(['runner', 'slsaLevel', 'freshness'], { closed: true });
  if (object === undefined) return undefined;
  const freshness = demanded(object, 'freshness')?.asObject(['run', 'verdict'], { closed: true });
  const ages = freshness && {
    maxRunSeconds: readAge(freshness, 'run'),
    maxVerdictSeconds: readAge(freshness, 'verdict'),
  };
  if (freshness && ages?.maxRunSeconds === null && ages.maxVerdictSeconds === null) {
    freshness.self.error('expected "run", "verdict" or both');
  }
  const assurance = {
    verifiedRunner: readRunner(object),
    minimumBuildLevel: readLevel(object),
    ...(ages ?? { maxRunSeconds: null, maxVerdictSeconds: null }),
  };
  const isEmpty = !['runner', 'slsaLevel', 'freshness'].some((key) => object.present(key) !== undefined);
  if (isEmpty) node.error(`expected a mapping like ${EXAMPLE}: leave the key out to demand nothing`);
  return assurance;
}

/** The value of a key that must have one where it stands. */
function demanded(object: DocObject, key: string): DocNode | undefined {
  const node = object.present(key);
  return node?.isNull
    ? node.error('expected a value, found nothing: leave the key out to demand nothing')
    : node;
}

function readRunner(object: DocObject): boolean {
  const node = demanded(object, 'runner');
  const text = node?.asText();
  if (node === undefined || text === undefined) return false;
  if (!(RUNNER_ASSURANCES as readonly string[]).includes(text)) {
    const meant = nearest(text, RUNNER_ASSURANCES);
    node.error(
      `expected STATED or VERIFIED, found ${quoted(text)}${meant ? `: did you mean ${meant}?` : ''}`,
      meant,
    );
  }
  return text === 'VERIFIED';
}

function readLevel(object: DocObject): ContractAssurance['minimumBuildLevel'] {
  const node = demanded(object, 'slsaLevel');
  if (node === undefined) return 0;
  const level = BUILD_LEVELS.find((one) => one === node.integer);
  if (level === undefined) node.error(`expected a SLSA build level, 1, 2 or 3, found ${node.describe()}`);
  return level ?? 0;
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const MAX_DAYS = 3660;

/** `30m`, `12h`, `90d` in seconds; null where it is not asked for. */
function readAge(object: DocObject, key: string): number | null {
  const node = demanded(object, key);
  const text = node?.asText();
  if (node === undefined || text === undefined) return null;
  const [, count, unit = ''] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  const seconds = Number(count) * (UNIT_SECONDS[unit] ?? Number.NaN);
  if (seconds > 0 && seconds <= MAX_DAYS * 86_400) return seconds;
  node.error(`expected a time such as 30m, 12h or 90d, ${MAX_DAYS}d at most, found ${quoted(text)}`);
  return null;
}
