/** RFC 6962 proof vectors of transparency-dev/merkle: a case is right when our verdict is the recorded one. */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { isCoded } from '@waybill/core';
import { Fields, fromBase64, parseJson } from '@waybill/core/bytes';
import {
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from '@waybill/core/tlog';
import type { CaseResult } from './case.ts';

const JUDGES: Readonly<Record<string, (vector: Fields) => void>> = {
  inclusion: (vector) =>
    verifyInclusion({
      leafHash: bytes(vector, 'leafHash'),
      index: number(vector, 'leafIdx'),
      treeSize: number(vector, 'treeSize'),
      rootHash: bytes(vector, 'root'),
      proof: proof(vector),
    }),
  consistency: (vector) =>
    verifyConsistency({
      size1: number(vector, 'size1'),
      size2: number(vector, 'size2'),
      root1: bytes(vector, 'root1'),
      root2: bytes(vector, 'root2'),
      proof: proof(vector),
    }),
  subtreeinclusion: (vector) =>
    verifySubtreeInclusion({
      leafHash: bytes(vector, 'leafHash'),
      index: number(vector, 'leafIdx'),
      start: number(vector, 'start'),
      end: number(vector, 'end'),
      rootHash: bytes(vector, 'root'),
      proof: proof(vector),
    }),
  subtreeconsistency: (vector) =>
    verifySubtreeConsistency({
      start: number(vector, 'start'),
      end: number(vector, 'end'),
      size: number(vector, 'size'),
      subtreeRoot: bytes(vector, 'root1'),
      rootHash: bytes(vector, 'root2'),
      proof: proof(vector),
    }),
};

/** Every `<kind>/…/<case>.json` under `dir`, which may also be the directory of one kind. */
export async function run(dir: string): Promise<readonly CaseResult[]> {
  const files = (await readdir(dir, { recursive: true })).filter((name) => name.endsWith('.json')).toSorted();
  return Promise.all(files.map(async (name) => judge(name, join(dir, name))));
}

async function judge(name: string, path: string): Promise<CaseResult> {
  try {
    const vector = new Fields(parseJson(await readFile(path), name), name);
    const kind = kindOf(path, vector);
    const check = JUDGES[kind ?? ''];
    if (check === undefined) {
      return {
        name,
        ok: false,
        message: `cannot be judged: it is none of ${Object.keys(JUDGES).join(', ')}`,
      };
    }
    return verdict(
      name,
      vector.boolean('wantErr'),
      refusal(() => check(vector)),
    );
  } catch (error) {
    return { name, ok: false, message: `cannot be judged: ${String(error)}` };
  }
}

/** The folder says what a case is about; without one, its fields do. */
function kindOf(path: string, vector: Fields): string | undefined {
  const folder = resolve(path)
    .split(sep)
    .findLast((part) => Object.hasOwn(JUDGES, part));
  if (folder !== undefined) return folder;
  const subtree = vector.has('start') || vector.has('end') ? 'subtree' : '';
  if (vector.has('leafHash')) return `${subtree}inclusion`;
  return vector.has('root1') ? `${subtree}consistency` : undefined;
}

function verdict(name: string, wantErr: boolean, found: string | null): CaseResult {
  if (wantErr === (found !== null)) return { name, ok: true };
  return {
    name,
    ok: false,
    message: found === null ? 'accepted, must be refused' : `must be accepted: ${found}`,
  };
}

/** The reason of a refusal, null when the proof is accepted; a raw exception is no refusal and is thrown on. */
function refusal(check: () => void): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (isCoded(error)) return error.message;
    throw error;
  }
}

// Go leaves a field out, or writes null, where it is zero or empty.
function bytes(vector: Fields, key: string): Uint8Array {
  return fromBase64(vector.optionalString(key) ?? '', key);
}

/** Sizes beyond 2^53 arrive rounded: still no safe integer, so that they are refused as they must be. */
function number(vector: Fields, key: string): number {
  const value = vector.raw(key) ?? 0;
  return typeof value === 'number' ? value : Number.NaN;
}

function proof(vector: Fields): readonly Uint8Array[] {
  return (vector.optionalArray('proof') ?? []).map((item) =>
    fromBase64(typeof item === 'string' ? item : '', 'proof'),
  );
}
