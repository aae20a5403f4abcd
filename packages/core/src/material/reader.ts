import { Fields, fromUtf8, type Json, parseJson } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';
import type { MaterialKind } from './kind.ts';
import { parseXml, type XmlElement } from './xml.ts';

export interface MaterialComponent {
  readonly name: string;
  readonly type?: string;
  readonly version?: string;
}

export interface MaterialTool {
  readonly name: string;
  readonly version?: string;
}

/** What a reader found in a valid material. */
export interface ReaderFacts {
  readonly mainComponent?: MaterialComponent;
  readonly tools?: readonly MaterialTool[];
  /** Named quantities: `components`, `findings`, `tests`. */
  readonly counts?: Readonly<Record<string, number>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface MaterialInput {
  readonly bytes: Uint8Array;
  /** `host/repository[:tag]@digest`, for images. */
  readonly reference?: string;
}

/** Bytes of unknown kind, read once for all detectors. */
export interface Sample {
  readonly bytes: Uint8Array;
  readonly json: Json | undefined;
  /** JSON object at the top level, else undefined. */
  readonly object: Fields | undefined;
  readonly xml: XmlElement | undefined;
  readonly text: string | undefined;
}

/** One material kind. */
export interface MaterialReader {
  readonly kind: MaterialKind;
  /** What to do about a file that is not of this kind; ends the message of the refusal. */
  readonly next: string;
  /** MUST be absent for kinds that can only be named explicitly. */
  readonly detect?: (sample: Sample) => boolean;
  /**
   * MUST take time linear in the size of the bytes and throw a CodedError (`mismatch`, or what the readers of
   * core/bytes throw) for anything that is not of this kind; validateMaterial gives it name and code.
   */
  readonly validate: (input: MaterialInput) => ReaderFacts;
}

export function mismatch(text: string): CodedError<'material_invalid'> {
  return new CodedError('material_invalid', text);
}

const BYTE_ORDER_MARK = 0xfeff;

/** UTF-8 text without the byte order mark that some Windows tools write (RFC 8259 §8.1 lets a reader ignore it). */
export function readText(bytes: Uint8Array): string {
  const text = fromUtf8(bytes, 'the file');
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}

function readJson(input: MaterialInput): Json {
  return parseJson(readText(input.bytes), 'the file');
}

export function readObject(input: MaterialInput): Fields {
  return new Fields(readJson(input), 'the document');
}

export function readArray(input: MaterialInput): readonly Json[] {
  const json = readJson(input);
  if (!Array.isArray(json)) throw mismatch('expected a JSON array, found another JSON value');
  return json as readonly Json[];
}

export function readXml(input: MaterialInput): XmlElement {
  return parseXml(readText(input.bytes));
}

/** A tool if it has a name; an empty version is no version. */
export function toolOf(name: string | undefined, version: string | undefined): readonly MaterialTool[] {
  if (name === undefined || name.trim() === '') return [];
  return [version === undefined || version.trim() === '' ? { name } : { name, version }];
}

export function componentOf(
  name: string,
  type: string | undefined,
  version: string | undefined,
): MaterialComponent {
  return { name, ...(type ? { type } : {}), ...(version ? { version } : {}) };
}
