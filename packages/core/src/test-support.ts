/** For the property tests of parsers: hostile variants of a real document, and the promise that every parser makes. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CodedError } from './errors.ts';

/** `document` with a few bytes changed, cut out or put in. */
export function mutationsOf(document: Uint8Array): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({
    at: fc.nat(Math.max(0, document.length - 1)),
    cut: fc.nat(4),
    insert: fc.uint8Array({ maxLength: 4 }),
  });
  return fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) =>
      edits.reduce<Uint8Array>(
        (bytes, { at, cut, insert }) =>
          Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(Math.min(bytes.length, at + cut))]),
        document,
      ),
    );
}

/** `document` (JSON) with one value anywhere in it replaced by any JSON value, or left out. */
export function jsonMutationsOf(document: string): fc.Arbitrary<string> {
  const paths = pathsOf(JSON.parse(document), []);
  return fc
    .tuple(fc.constantFrom(...paths), fc.option(fc.jsonValue({ maxDepth: 2 }), { nil: undefined }))
    .map(([path, value]) => {
      const copy: unknown = JSON.parse(document);
      replaceAt(copy, path, value);
      return JSON.stringify(copy);
    });
}

type Path = readonly [string, ...string[]];

function pathsOf(value: unknown, prefix: readonly string[]): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const path = [...prefix, key] as unknown as Path;
    return [path, ...pathsOf(member, path)];
  });
}

function replaceAt(root: unknown, path: Path, value: unknown): void {
  const target = path.slice(0, -1).reduce((at, key) => (at as Record<string, unknown>)[key], root);
  (target as Record<string, unknown>)[path.at(-1) as string] = value;
}

/** Runs `parse`, which may answer or throw a CodedError, nothing else. */
export function onlyCodedErrors(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    assert.ok(error instanceof CodedError, `a raw exception escaped: ${error}`);
  }
}

/** The code of the CodedError that `run` throws. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof CodedError, `a raw exception escaped: ${error}`);
    return error.code;
  }
  return 'no error';
}
