import { quoted } from '../bytes/index.ts';
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
  /** Where it begins in the file. */
  readonly firstLine: number;
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
  const [read] = readAll([{ ...source, text }], options.strict === true);
  if (read === undefined) throw empty(filename);
  return settled(read);
}

/**
 * Every contract of a file with several documents (`---`), each with a name of its own. Throws as parseContract; the
 * first faulty document ends it.
 */
export function parseContracts(text: string, options: ParseContractOptions = {}): readonly ParsedContract[] {
  const filename = options.filename ?? DEFAULT_NAME;
  const sources = parseSources(text, filename);
  if (sources.length <= 1) return [parseContract(text, options)];
  return readAll(sources, options.strict === true).map(settled);
}

interface ReadContract {
  readonly remarks: Remarks;
  readonly contract: Contract | undefined;
}

/** Reads them all, whatever is wrong with them: the faults are in the remarks. */
export function readAll(sources: readonly Source[], strict: boolean): readonly ReadContract[] {
  const names = new Set<string>();
  return sources.map((source) => {
    const remarks = new Remarks(source, strict);
    const contract = readContract(remarks);
    if (contract !== undefined && sources.length > 1) checkName(remarks, contract, names);
    return { remarks, contract };
  });
}

/** One file is one state: no document without a name, and no name twice. */
function checkName(remarks: Remarks, { schema, name }: Contract, names: Set<string>): void {
  const place = { ...remarks.source.position(remarks.source.root), path: '' };
  if (schema === 'v1') {
    const message =
      'a v1 document has no name, so it stands alone in its file: write it as v2, with metadata.name';
    remarks.add(remarks.errors, { ...place, message });
  }
  if (name !== null && names.has(name)) {
    remarks.add(remarks.errors, {
      ...place,
      message: `a contract named ${quoted(name)} stands above already`,
    });
  }
  if (name !== null) names.add(name);
}

function settled({ remarks, contract }: ReadContract): ParsedContract {
  remarks.settle();
  // An undefined contract always left an error, so settle() has thrown.
  if (contract === undefined) throw empty(remarks.source.filename);
  const { text, position } = remarks.source;
  const { name } = contract;
  return { contract, name, warnings: remarks.warnings, text, firstLine: position(null).line };
}

function empty(filename: string) {
  return contractInvalid(
    [{ line: 1, column: 1, path: '', message: 'expected a contract, found an empty document' }],
    filename,
  );
}
