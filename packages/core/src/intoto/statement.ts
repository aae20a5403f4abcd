import { canonicalJson, Fields, type Json, parseJson } from '../bytes/index.ts';
import { algorithmOf, type Digest, hexOf, isDigest } from '../digest/index.ts';
import { CodedError, isCoded } from '../errors.ts';
import { type Unverified, unverified } from '../trust-types.ts';

export const STATEMENT_TYPE_V1 = 'https://in-toto.io/Statement/v1';
/** Still written by `cosign attest`. */
export const STATEMENT_TYPE_V01 = 'https://in-toto.io/Statement/v0.1';

export interface Subject {
  /** For people; subjects match by digest only. */
  readonly name: string;
  /** Algorithm → value, at least one; sha256, sha384 and sha512 in lower-case hex. */
  readonly digest: Readonly<Record<string, string>>;
  /** What the writer says beside it (spec/v1/resource_descriptor.md); absent when it says nothing. */
  readonly annotations?: Readonly<Record<string, Json>>;
}

/** in-toto attestation spec/v1/statement.md. */
export interface Statement {
  readonly type: typeof STATEMENT_TYPE_V1 | typeof STATEMENT_TYPE_V01;
  readonly subject: readonly Subject[];
  readonly predicateType: string;
  /** null when the statement has none. */
  readonly predicate: Json;
}

const MAX_STATEMENT_BYTES = 16 * 1024 * 1024;
const MAX_SUBJECTS = 10_000;
const MAX_DEPTH = 128;

/**
 * A statement as somebody states it. Throws `intoto_invalid` (JSON, shape, type), `intoto_no_subject`,
 * `intoto_subject_without_digest`, `intoto_too_large`.
 */
export function parseStatement(payload: Uint8Array): Unverified<Statement> {
  if (payload.length > MAX_STATEMENT_BYTES) {
    throw new CodedError(
      'intoto_too_large',
      `statement: ${payload.length} bytes, the limit is ${MAX_STATEMENT_BYTES}`,
    );
  }
  try {
    return unverified(
      readStatement(
        new Fields(parseJson(payload, 'statement', { maxDepth: MAX_DEPTH, storable: true }), 'statement'),
      ),
    );
  } catch (cause) {
    if (!isCoded(cause) || cause.code.startsWith('intoto_')) throw cause;
    throw new CodedError('intoto_invalid', `not an in-toto statement: ${cause.message}`, { cause });
  }
}

function readStatement(fields: Fields): Statement {
  const type = readNamed(fields, '_type', 'type');
  if (type !== STATEMENT_TYPE_V1 && type !== STATEMENT_TYPE_V01) {
    throw invalid(
      `statement._type: expected ${STATEMENT_TYPE_V1}, found ${JSON.stringify(type.slice(0, 200))}`,
    );
  }
  const predicateType = readNamed(fields, 'predicateType', 'predicate_type');
  if (predicateType === '') throw invalid('statement.predicateType: expected a URI, found an empty string');
  const subjects = fields.has('subject') ? fields.objects('subject') : [];
  if (subjects.length === 0) {
    throw new CodedError('intoto_no_subject', 'statement.subject: expected at least one subject');
  }
  if (subjects.length > MAX_SUBJECTS) {
    throw new CodedError(
      'intoto_too_large',
      `statement.subject: ${subjects.length} subjects, the limit is ${MAX_SUBJECTS}`,
    );
  }
  return {
    type,
    subject: subjects.map(readSubject),
    predicateType,
    predicate: fields.raw('predicate') ?? null,
  };
}

/**
 * By its name in JSON, or by its name in in-toto's protobuf schema: readers built on protojson take either, and
 * Chainloop wrote the second. Both at once would mean one thing to them and another to everybody else.
 */
function readNamed(fields: Fields, name: string, protoName: string): string {
  if (!fields.has(protoName)) return fields.string(name);
  if (!fields.has(name)) return fields.string(protoName);
  throw invalid(`${fields.at}: it states both ${name} and ${protoName}, which are two names of one field`);
}

function readSubject(fields: Fields): Subject {
  const digest = fields.has('digest') ? fields.stringMap('digest') : {};
  const entries = Object.entries(digest);
  if (entries.length === 0) {
    throw new CodedError(
      'intoto_subject_without_digest',
      `${fields.at}.digest: expected at least one digest; a name alone identifies nothing`,
    );
  }
  return {
    name: fields.optionalString('name') ?? '',
    digest: Object.fromEntries(
      entries.map(([algorithm, value]) => [algorithm, readDigest(fields.at, algorithm, value)]),
    ),
    ...(fields.has('annotations') ? { annotations: fields.object('annotations').members() } : {}),
  };
}

const CHECKED_ALGORITHMS: ReadonlySet<string> = new Set(['sha256', 'sha384', 'sha512']);

function readDigest(at: string, algorithm: string, value: string): string {
  const lower = value.toLowerCase();
  if (CHECKED_ALGORITHMS.has(algorithm)) {
    if (isDigest(`${algorithm}:${lower}`)) return lower;
    throw invalid(`${at}.digest.${algorithm}: expected the digest in hexadecimal`);
  }
  // spec/v1/digest_set.md: other algorithms have forms of their own (gitCommit, dirHash …)
  if (value === '') throw invalid(`${at}.digest.${algorithm}: expected a value, found an empty string`);
  return value;
}

/** True when one of the subjects has this digest. */
export function hasSubject(statement: Statement, digest: Digest): boolean {
  const algorithm = algorithmOf(digest);
  return statement.subject.some((subject) => subject.digest[algorithm] === hexOf(digest));
}

/** The payload to sign: canonical JSON (RFC 8785), so that the same statement gives the same bytes. */
export function formatStatement(statement: Statement): Uint8Array {
  return Buffer.from(
    canonicalJson({
      _type: statement.type,
      subject: statement.subject.map(({ name, ...others }) => ({
        ...(name === '' ? {} : { name }),
        ...others,
      })),
      predicateType: statement.predicateType,
      ...(statement.predicate === null ? {} : { predicate: statement.predicate }),
    }),
  );
}

function invalid(message: string): CodedError<'intoto_invalid'> {
  return new CodedError('intoto_invalid', message);
}
