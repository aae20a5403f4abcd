import type { Contract } from './contract.ts';
import { Remarks } from './doc-node.ts';
import { contractInvalid, type DocumentFinding } from './finding.ts';
import { readContract } from './read-contract.ts';
import { parseSources, type Source } from './source.ts';

export interface ParseContractOptions {
  /** Unknown keys are errors. */
  readonly strict?: boolean;
  /** Named in messages. */
  readonly filename?: string;
}

export interface ParsedContract {
  readonly contract: Contract;
  /** `metadata.name`; null in a v1 document. */
  readonly name: string | null;
  readonly warnings: readonly DocumentFinding[];
  /** The document as written. */
  readonly text: string;
}

const DEFAULT_NAME = 'contract';

/**
 * One contract, v1 or v2, YAML or JSON. Throws `contract_invalid` with every error of the document in
 * `detail.findings` and the first few in the message, each as `file:line:column: path: text`.
 */
export function parseContract(text: string, options: ParseContractOptions = {}): ParsedContract {
  const filename = options.filename ?? DEFAULT_NAME;
  const sources = parseSources(text, filename);
  const [source, second] = sources;
  if (source === undefined) throw empty(filename);
  if (second !== undefined) {
    const place = { ...second.position(second.root), path: '' };
    throw contractInvalid(
      [{ ...place, message: `expected one document, found ${sources.length}: apply them one by one` }],
      filename,
    );
  }
  // The digest is that of the whole text: comments before and after the document belong to it.
  return parseSource({ ...source, text }, options.strict === true);
}

/** Every contract of a file with several documents (`---`). Throws as parseContract; the first faulty document ends it. */
export function parseContracts(text: string, options: ParseContractOptions = {}): readonly ParsedContract[] {
  const filename = options.filename ?? DEFAULT_NAME;
  const sources = parseSources(text, filename);
  if (sources.length <= 1) return [parseContract(text, options)];
  return sources.map((source) => parseSource(source, options.strict === true));
}

function parseSource(source: Source, strict: boolean): ParsedContract {
  const remarks = new Remarks(source, strict);
  const contract = readContract(remarks);
  remarks.settle();
  // An undefined contract always left an error, so settle() has thrown.
  if (contract === undefined) throw empty(source.filename);
  return { contract, name: contract.name, warnings: remarks.warnings, text: source.text };
}

function empty(filename: string) {
  return contractInvalid(
    [{ line: 1, column: 1, path: '', message: 'expected a contract, found an empty document' }],
    filename,
  );
}
