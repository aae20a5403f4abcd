/** semver.compare and semver.is_valid */
import { compareStrings } from '../values/order.ts';
import { termText } from '../values/text.ts';
import type { Value } from '../values/value.ts';
import { type BuiltinGroup, builtinError, functions } from './builtin.ts';
import { stringOperand } from './operands.ts';

interface Version {
  readonly numbers: readonly bigint[];
  readonly preRelease: readonly string[];
}

const IDENTIFIERS = /^[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*$/;
const MAX_NUMBER = (1n << 63n) - 1n;

/** SemVer 2.0.0, with or without a leading `v`. */
function parseVersion(text: string): Version | undefined {
  const [, core = '', preRelease, build] = /^v?([^+-]*)(?:-([^+]*))?(?:\+(.*))?$/s.exec(text) ?? [];
  if (build !== undefined && !IDENTIFIERS.test(build)) return undefined;
  if (preRelease !== undefined && !isPreRelease(preRelease)) return undefined;
  if (!/^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)$/.test(core)) return undefined;
  const numbers = core.split('.').map(BigInt);
  if (numbers.some((number) => number > MAX_NUMBER)) return undefined;
  return { numbers, preRelease: preRelease?.split('.') ?? [] };
}

function isPreRelease(text: string): boolean {
  return IDENTIFIERS.test(text) && !text.split('.').some((identifier) => /^0\d+$/.test(identifier));
}

/** SemVer 2.0.0, item 11. */
function compareVersions(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] ?? 0n;
    if (number !== other) return number < other ? -1 : 1;
  }
  if (a.preRelease.length === 0 || b.preRelease.length === 0) {
    return Math.sign(b.preRelease.length - a.preRelease.length);
  }
  for (const [index, identifier] of a.preRelease.entries()) {
    const other = b.preRelease[index];
    const order = other === undefined ? 1 : compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return a.preRelease.length < b.preRelease.length ? -1 : 0;
}

function compareIdentifiers(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  if (!isNumber) return Math.sign(compareStrings(a, b));
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function versionOperand(value: string, position: number): Version {
  const version = parseVersion(value);
  if (version !== undefined) return version;
  throw builtinError(`operand ${position}: string ${termText(value)} is not a valid SemVer`);
}

function compare(a: Value, b: Value): number {
  const [left, right] = [stringOperand(a, 1), stringOperand(b, 2)];
  return compareVersions(versionOperand(left, 1), versionOperand(right, 2));
}

export const SEMVER: BuiltinGroup = functions({
  'semver.compare': (_context, a, b) => compare(a, b),
  'semver.is_valid': (_context, version) =>
    typeof version === 'string' && parseVersion(version) !== undefined,
});
