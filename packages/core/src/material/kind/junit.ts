import { type MaterialInput, type MaterialReader, mismatch, type ReaderFacts, readXml } from '../reader.ts';
import type { XmlElement } from '../xml.ts';

const ROOTS: readonly string[] = ['testsuites', 'testsuite'];

/** A JUnit report. Counts come from the test cases themselves, not from the totals that the report claims. */
export const junitReader: MaterialReader = {
  kind: 'JUNIT_XML',
  next: 'Write the test report as JUnit XML, e.g. node --test --test-reporter=junit',
  detect: ({ xml }) => xml !== undefined && ROOTS.includes(xml.name),
  validate: (input) => {
    refuseArchive(input);
    const root = readXml(input);
    if (!ROOTS.includes(root.name))
      throw mismatch(`expected <testsuites> or <testsuite>, found <${root.name}>`);
    return count(root);
  },
};

function refuseArchive({ bytes }: MaterialInput): void {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (isZip || isGzip) {
    throw mismatch(
      `expected XML, found ${isZip ? 'a zip' : 'a gzip'} archive: archives of reports are not read in this version, add each XML file by itself`,
    );
  }
}

function count(root: XmlElement): ReaderFacts {
  const totals = { suites: 0, tests: 0, failures: 0, errors: 0, skipped: 0 };
  const waiting: XmlElement[] = [root];
  for (let element = waiting.pop(); element; element = waiting.pop()) {
    if (element.name === 'testsuite') totals.suites++;
    if (element.name === 'testcase') countCase(element, totals);
    else for (const child of element.children) waiting.push(child);
  }
  if (totals.suites === 0 && totals.tests === 0)
    throw mismatch('expected at least one test suite, found none');
  return { counts: totals };
}

function countCase(
  testcase: XmlElement,
  totals: Record<'tests' | 'failures' | 'errors' | 'skipped', number>,
): void {
  totals.tests++;
  const outcomes = testcase.children.map((child) => child.name);
  if (outcomes.includes('error')) totals.errors++;
  else if (outcomes.includes('failure')) totals.failures++;
  else if (outcomes.includes('skipped')) totals.skipped++;
}
