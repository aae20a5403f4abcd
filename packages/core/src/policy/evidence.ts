import { fromUtf8, parseJson } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';
import { junitSuites } from '../material/index.ts';
import type { PolicyEvidence } from './judge.ts';

/** Kinds of which a policy sees the metadata alone. */
const WITHOUT_DOCUMENT: readonly string[] = ['STRING', 'CONTAINER_IMAGE', 'HELM_CHART'];

/**
 * The evidence as JSON of an object: a list stands under `elements`, a JUnit report as the list of its suites.
 * Throws what the readers of JSON and XML throw for bytes that are neither.
 */
export function documentOf({ kind, bytes }: PolicyEvidence): string {
  if (WITHOUT_DOCUMENT.includes(kind)) return '{}';
  if (kind === 'JUNIT_XML') return JSON.stringify({ elements: junitSuites(bytes) });
  const text = fromUtf8(bytes, 'the evidence').replace(/^\uFEFF/, '');
  const json = parseJson(text, 'the evidence');
  if (Array.isArray(json)) return `{"elements":${text}}`;
  if (typeof json === 'object' && json !== null) return text;
  throw new CodedError('material_invalid', `policies read JSON objects and lists; this ${kind} is neither`);
}
