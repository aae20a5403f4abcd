import { quoted } from '../bytes/index.ts';
import type { KeyObject } from '../crypto.ts';
import { type Envelope, IN_TOTO_PAYLOAD_TYPE } from '../dsse/index.ts';
import {
  parseStatement,
  parseVsaPredicate,
  type Statement,
  VSA_PREDICATE_TYPE,
  type VsaPredicate,
} from '../intoto/index.ts';
import { type Verified, type VerifiedContent, verifyEnvelope } from '../verify/index.ts';
import { slsaError } from './errors.ts';

/** What a summary must say (spec/verification_summary.md, "How to verify"). All of it is asked for. */
export interface VsaExpectations {
  readonly publicKey: KeyObject;
  /** `algorithm:value`; also of forms of its own, such as `gce_image_id:123`. */
  readonly subjectDigest: string;
  readonly verifierId: string;
  readonly resourceUri: string;
  /** Each of them must be verified; a level of a track stands for the lower ones too. */
  readonly verifiedLevels: readonly string[];
}

export interface VerifiedVsa {
  readonly proof: Verified<VerifiedContent>;
  readonly summary: VsaPredicate;
}

/** Throws `slsa_vsa`, `verify_threshold`, `vsa_predicate_invalid`, `shape_invalid`, `intoto_…`. */
export function verifyVsa(envelope: Envelope, expected: VsaExpectations): VerifiedVsa {
  const [proof] = verifyEnvelope(envelope, { publicKeys: [expected.publicKey], threshold: 1 }).proofs;
  const content = proof.value;
  if (content.type !== 'dsse' || content.payloadType !== IN_TOTO_PAYLOAD_TYPE) {
    throw slsaError('slsa_vsa', 'it holds no in-toto statement');
  }
  const summary = summaryIn(parseStatement(content.payload).claimed, expected.subjectDigest);
  same('verifier', expected.verifierId, summary.verifier.id);
  same('resource', expected.resourceUri, summary.resourceUri);
  same('result', 'PASSED', summary.verificationResult);
  for (const level of expected.verifiedLevels) checkLevel(level, summary.verifiedLevels);
  return { proof, summary };
}

function summaryIn(statement: Statement, subjectDigest: string): VsaPredicate {
  if (statement.predicateType !== VSA_PREDICATE_TYPE) {
    throw slsaError('slsa_vsa', `expected ${VSA_PREDICATE_TYPE}, found ${quoted(statement.predicateType)}`);
  }
  const [, algorithm = '', value = ''] = /^([^:]+):(.+)$/.exec(subjectDigest) ?? [];
  if (value === '') {
    throw slsaError('slsa_vsa', `subject: expected ALGORITHM:VALUE, found ${quoted(subjectDigest)}`);
  }
  if (
    !statement.subject.some(({ digest }) => Object.hasOwn(digest, algorithm) && digest[algorithm] === value)
  ) {
    throw slsaError('slsa_vsa', `subject: it is not about ${quoted(subjectDigest)}`);
  }
  return parseVsaPredicate(statement.predicate);
}

function same(what: string, expected: string, found: string): void {
  if (found === expected) return;
  throw slsaError('slsa_vsa', `${what}: expected ${quoted(expected)}, found ${quoted(found)}`);
}

const TRACK_LEVEL = /^(SLSA_[A-Z]+_LEVEL_)(\d)$/;

function checkLevel(expected: string, verified: readonly string[]): void {
  const [, track, number] = TRACK_LEVEL.exec(expected) ?? [];
  const reaches = (level: string) => {
    const [, foundTrack, found] = TRACK_LEVEL.exec(level) ?? [];
    return track !== undefined && foundTrack === track && Number(found) >= Number(number);
  };
  if (verified.some((level) => level === expected || reaches(level))) return;
  throw slsaError('slsa_vsa', `level: expected ${quoted(expected)}, found ${quoted(verified.join(' '))}`);
}
