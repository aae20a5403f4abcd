import { algorithmOf, digestOf } from '../digest/index.ts';
import { type Envelope, IN_TOTO_PAYLOAD_TYPE } from '../dsse/index.ts';
import { hasSubject, parseStatement, type Statement } from '../intoto/index.ts';
import { verifyError } from './errors.ts';
import type { Artifact } from './signed-content.ts';

/** The statement that an envelope holds, still only a claim. Throws `verify_not_a_statement`, `intoto_…`. */
export function statementIn(envelope: Envelope | null): Statement {
  if (envelope?.payloadType !== IN_TOTO_PAYLOAD_TYPE) {
    throw verifyError('verify_not_a_statement', `it holds no in-toto statement (${IN_TOTO_PAYLOAD_TYPE})`);
  }
  return parseStatement(envelope.payload).claimed;
}

const SUBJECT_HASHES = ['sha256', 'sha384', 'sha512'] as const;

/** Throws `verify_artifact` when the statement is not about `artifact`. */
export function checkSubject(statement: Statement, artifact: Artifact): void {
  const digests =
    typeof artifact === 'string' ? [artifact] : SUBJECT_HASHES.map((name) => digestOf(artifact, name));
  if (digests.some((digest) => hasSubject(statement, digest))) return;
  const shown = digests.find((digest) => algorithmOf(digest) === 'sha256') ?? digests[0];
  throw verifyError(
    'verify_artifact',
    `the statement is not about ${shown}: none of its subjects has this digest`,
  );
}
