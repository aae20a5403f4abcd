import { Fields, type Json, parseJson } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';
import type { MaterialKind } from './kind.ts';
import { DETECTION_ORDER } from './kinds.ts';
import { readText, type Sample } from './reader.ts';
import { parseXml } from './xml.ts';

/**
 * The kind of a file that nobody named: the first detector that recognises the content, else ARTIFACT.
 * Content decides; `filename` only keeps a text file from being read as JSON lines. Never an error.
 */
export function detectKind(bytes: Uint8Array, filename = ''): MaterialKind {
  if (bytes.length === 0) return 'ARTIFACT';
  const sample = sampleOf(bytes, filename);
  for (const reader of DETECTION_ORDER) {
    if (attempt(() => reader.detect?.(sample))) return reader.kind;
  }
  return 'ARTIFACT';
}

function sampleOf(bytes: Uint8Array, filename: string): Sample {
  const text = attempt(() => readText(bytes));
  const start = text === undefined ? '' : text.trimStart().charAt(0);
  const json = start === '{' || start === '[' ? attempt(() => parseJson(text as string)) : undefined;
  const xml = start === '<' ? attempt(() => parseXml(text as string)) : undefined;
  const isLines = start === '{' && json === undefined && /\.(jsonl?|ndjson)$/i.test(filename);
  return { bytes, json, object: asObject(json), xml, text: isLines ? text : undefined };
}

function asObject(json: Json | undefined): Fields | undefined {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? new Fields(json, 'the document')
    : undefined;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CodedError) return undefined;
    throw error;
  }
}
