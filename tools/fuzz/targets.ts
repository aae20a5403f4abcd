/** The inventory: every parser of untrusted bytes. A new one is a line in the table of its subject. */
import type { Target } from './target.ts';
import { BYTES_TARGETS } from './targets/bytes.ts';
import { CLIENT_TARGETS } from './targets/clients.ts';
import { DOCUMENT_TARGETS } from './targets/documents.ts';
import { FULCIO_TARGETS } from './targets/fulcio.ts';
import { MATERIAL_TARGETS } from './targets/material.ts';
import { PREDICATE_TARGETS } from './targets/predicates.ts';
import { REGO_CALL_TARGETS } from './targets/rego-calls.ts';
import { REGO_TARGETS } from './targets/rego.ts';
import { SERVER_TARGETS } from './targets/server.ts';
import { SLSA_TARGETS } from './targets/slsa.ts';
import { TLOG_TARGETS } from './targets/tlog.ts';
import { VERIFY_TARGETS } from './targets/verify.ts';
import { X509_TARGETS } from './targets/x509.ts';

export const TARGETS: readonly Target[] = [
  ...BYTES_TARGETS,
  ...DOCUMENT_TARGETS,
  ...PREDICATE_TARGETS,
  ...X509_TARGETS,
  ...FULCIO_TARGETS,
  ...TLOG_TARGETS,
  ...VERIFY_TARGETS,
  ...SLSA_TARGETS,
  ...MATERIAL_TARGETS,
  ...REGO_TARGETS,
  ...REGO_CALL_TARGETS,
  ...CLIENT_TARGETS,
  ...SERVER_TARGETS,
];

/** Those whose name holds `part`. */
export function targetsNamed(part: string): readonly Target[] {
  return TARGETS.filter(({ name }) => name.includes(part));
}
