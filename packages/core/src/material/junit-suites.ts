/** A JUnit report as policies read it: the form that go-junit gives, which Chainloop's policies are written for. */
import type { Json } from '../bytes/index.ts';
import { readText } from './reader.ts';
import { parseXml, type XmlElement } from './xml.ts';

interface Totals {
  readonly tests: number;
  readonly passed: number;
  readonly skipped: number;
  readonly failed: number;
  readonly error: number;
  /** Nanoseconds. */
  readonly duration: number;
}

type Suite = { readonly name: string; readonly totals: Totals } & Readonly<Record<string, Json>>;

const NOTHING: Totals = { tests: 0, passed: 0, skipped: 0, failed: 0, error: 0, duration: 0 };
const STATUS: Readonly<Record<string, 'failed' | 'error' | 'skipped'>> = {
  failure: 'failed',
  error: 'error',
  skipped: 'skipped',
};
const NS_PER_S = 1_000_000_000;

/**
 * The top-level suites with `tests`, `suites` and `totals`, counted from the cases and not from what the report claims.
 * Throws `xml_invalid`, `bytes_utf8`.
 */
export function junitSuites(bytes: Uint8Array): readonly Json[] {
  const root = parseXml(readText(bytes));
  return (root.name === 'testsuites' ? suitesIn(root) : [suiteOf(root)]) as readonly Json[];
}

function suitesIn(element: XmlElement): readonly Suite[] {
  return element.children.filter(({ name }) => name === 'testsuite').map(suiteOf);
}

function suiteOf(element: XmlElement): Suite {
  const suites = suitesIn(element);
  const cases = element.children.filter(({ name }) => name === 'testcase');
  const totals = [...cases.map(totalsOfCase), ...suites.map((suite) => suite.totals)].reduce(sum, NOTHING);
  return {
    name: element.attributes['name'] ?? '',
    package: element.attributes['package'] ?? '',
    ...(cases.length > 0 ? { tests: cases.map(testOf) } : {}),
    ...(suites.length > 0 ? { suites } : {}),
    totals: { ...totals },
  };
}

function testOf(element: XmlElement): Json {
  const { name = '', classname = '' } = element.attributes;
  const outcome = element.children.find((child) => STATUS[child.name] !== undefined);
  const message = outcome?.attributes['message'] ?? '';
  return {
    name,
    classname,
    duration: durationOf(element),
    status: statusOf(element),
    ...(message === '' ? {} : { message }),
  };
}

/** An error outranks a failure, and that a skip, as in the counts of the material's check. */
function statusOf({ children }: XmlElement): 'passed' | 'failed' | 'error' | 'skipped' {
  const names = children.map(({ name }) => name);
  const outcome = ['error', 'failure', 'skipped'].find((name) => names.includes(name));
  return STATUS[outcome ?? ''] ?? 'passed';
}

function totalsOfCase(element: XmlElement): Totals {
  return { ...NOTHING, tests: 1, [statusOf(element)]: 1, duration: durationOf(element) };
}

function durationOf({ attributes }: XmlElement): number {
  const seconds = Number((attributes['time'] ?? '0').replaceAll(',', ''));
  return Number.isFinite(seconds) ? Math.round(seconds * NS_PER_S) : 0;
}

function sum(a: Totals, b: Totals): Totals {
  return {
    tests: a.tests + b.tests,
    passed: a.passed + b.passed,
    skipped: a.skipped + b.skipped,
    failed: a.failed + b.failed,
    error: a.error + b.error,
    duration: a.duration + b.duration,
  };
}
