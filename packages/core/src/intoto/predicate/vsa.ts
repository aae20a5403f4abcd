import { Fields, type Json } from '../../bytes/index.ts';
import { CodedError } from '../../errors.ts';

/** https://slsa.dev/spec/v1.1/verification_summary */
export const VSA_PREDICATE_TYPE = 'https://slsa.dev/verification_summary/v1';

export interface VsaResource {
  readonly uri?: string;
  /** Algorithm → value. */
  readonly digest?: Readonly<Record<string, string>>;
}

/** SLSA verification summary: the verdict of `verifier` on the subjects of the statement. */
export interface VsaPredicate {
  readonly verifier: { readonly id: string; readonly version?: Readonly<Record<string, string>> };
  /** RFC 3339. */
  readonly timeVerified: string;
  readonly resourceUri: string;
  readonly policy: VsaResource;
  readonly inputAttestations: readonly VsaResource[];
  readonly verificationResult: 'PASSED' | 'FAILED';
  /** `SLSA_BUILD_LEVEL_2` …; of one track only the highest; also words of our own. */
  readonly verifiedLevels: readonly string[];
  /** Level → number of dependencies at that level. */
  readonly dependencyLevels?: Readonly<Record<string, number>>;
  readonly slsaVersion?: string;
}

/** Throws `shape_invalid`, `vsa_predicate_invalid`. */
export function parseVsaPredicate(predicate: Json): VsaPredicate {
  const fields = new Fields(predicate, 'predicate');
  const verificationResult = fields.string('verificationResult');
  if (verificationResult !== 'PASSED' && verificationResult !== 'FAILED') {
    throw new CodedError('vsa_predicate_invalid', 'predicate.verificationResult: expected PASSED or FAILED');
  }
  const slsaVersion = fields.optionalString('slsaVersion');
  const dependencyLevels = fields.optionalObject('dependencyLevels');
  return {
    verifier: readVerifier(fields.object('verifier')),
    timeVerified: fields.string('timeVerified'),
    resourceUri: fields.string('resourceUri'),
    policy: readResource(fields.object('policy')),
    inputAttestations: fields.has('inputAttestations')
      ? fields.objects('inputAttestations').map(readResource)
      : [],
    verificationResult,
    verifiedLevels: fields.has('verifiedLevels') ? fields.strings('verifiedLevels') : [],
    ...(dependencyLevels ? { dependencyLevels: readCounts(dependencyLevels) } : {}),
    ...(slsaVersion === undefined ? {} : { slsaVersion }),
  };
}

function readVerifier(fields: Fields): VsaPredicate['verifier'] {
  const id = fields.string('id');
  return fields.has('version') ? { id, version: fields.stringMap('version') } : { id };
}

function readResource(fields: Fields): VsaResource {
  const uri = fields.optionalString('uri');
  return {
    ...(uri === undefined ? {} : { uri }),
    ...(fields.has('digest') ? { digest: fields.stringMap('digest') } : {}),
  };
}

// Some writers send the counts as protojson does, as strings.
function readCounts(fields: Fields): Readonly<Record<string, number>> {
  return Object.fromEntries(
    fields.keys().map((level) => {
      const raw = fields.raw(level);
      const count = typeof raw === 'string' && /^\d{1,16}$/.test(raw) ? Number(raw) : raw;
      if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0) {
        throw new CodedError(
          'vsa_predicate_invalid',
          `${fields.at}.${level}: expected a number of dependencies`,
        );
      }
      return [level, count];
    }),
  );
}

/** The predicate as a JSON value for `Statement.predicate`. */
export function formatVsaPredicate(predicate: VsaPredicate): Json {
  const { version } = predicate.verifier;
  return {
    verifier: { id: predicate.verifier.id, ...(version ? { version } : {}) },
    timeVerified: predicate.timeVerified,
    resourceUri: predicate.resourceUri,
    policy: formatResource(predicate.policy),
    inputAttestations: predicate.inputAttestations.map(formatResource),
    verificationResult: predicate.verificationResult,
    verifiedLevels: predicate.verifiedLevels,
    ...(predicate.dependencyLevels ? { dependencyLevels: predicate.dependencyLevels } : {}),
    ...(predicate.slsaVersion === undefined ? {} : { slsaVersion: predicate.slsaVersion }),
  };
}

function formatResource({ uri, digest }: VsaResource): Json {
  return { ...(uri === undefined ? {} : { uri }), ...(digest ? { digest } : {}) };
}
