import { explainLookAlike, nearest, quoted } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';

/**
 * Every material kind a contract can name, with the number that stands for it in contracts written with
 * enum numbers (Chainloop crafting_schema.proto `MaterialType`). Numbers never change.
 */
export const MATERIAL_KIND_NUMBERS = {
  STRING: 1,
  CONTAINER_IMAGE: 2,
  ARTIFACT: 3,
  SBOM_CYCLONEDX_JSON: 4,
  SBOM_SPDX_JSON: 5,
  JUNIT_XML: 6,
  OPENVEX: 7,
  CSAF_VEX: 8,
  SARIF: 9,
  HELM_CHART: 10,
  EVIDENCE: 11,
  ATTESTATION: 12,
  CSAF_INFORMATIONAL_ADVISORY: 13,
  CSAF_SECURITY_ADVISORY: 14,
  CSAF_SECURITY_INCIDENT_RESPONSE: 15,
  GITLAB_SECURITY_REPORT: 16,
  ZAP_DAST_ZIP: 17,
  BLACKDUCK_SCA_JSON: 18,
  TWISTCLI_SCAN_JSON: 19,
  GHAS_CODE_SCAN: 20,
  GHAS_SECRET_SCAN: 21,
  GHAS_DEPENDENCY_SCAN: 22,
  JACOCO_XML: 23,
  SLSA_PROVENANCE: 24,
  CHAINLOOP_RUNNER_CONTEXT: 25,
  CHAINLOOP_PR_INFO: 26,
  GITLEAKS_JSON: 27,
  CHAINLOOP_AI_AGENT_CONFIG: 28,
  CHAINLOOP_AI_CODING_SESSION: 29,
  OPENAPI_SPEC: 30,
  ASYNCAPI_SPEC: 31,
  GRAPHQL_SPEC: 32,
  YELP_DETECT_SECRETS_BASELINE: 33,
  SYSINTERNALS_SIGCHECK: 34,
  SYSINTERNALS_ACCESSCHK: 35,
  CERTCC_DRANZER: 36,
  OSSF_SCORECARD_JSON: 37,
  RADAMSA_REPORT: 38,
  RADAMSA_CRASHES: 39,
  TRUFFLEHOG_JSON: 40,
  COBERTURA_XML: 41,
  CHECKMARX_JSON: 42,
} as const;

export type MaterialKind = keyof typeof MATERIAL_KIND_NUMBERS;

export const MATERIAL_KINDS = Object.keys(MATERIAL_KIND_NUMBERS) as readonly MaterialKind[];

const BY_NUMBER: ReadonlyMap<number, MaterialKind> = new Map(
  MATERIAL_KINDS.map((kind) => [MATERIAL_KIND_NUMBERS[kind], kind]),
);

export function isMaterialKind(text: string): text is MaterialKind {
  return Object.hasOwn(MATERIAL_KIND_NUMBERS, text);
}

/** The kind with this enum number; undefined for 0 (unspecified) and numbers that stand for none. */
export function materialKindOf(number: number): MaterialKind | undefined {
  return BY_NUMBER.get(number);
}

/** Throws `material_kind_unknown`, with the kind that was probably meant. */
export function parseKind(text: string): MaterialKind {
  if (isMaterialKind(text)) return text;
  const meant = nearest(text, MATERIAL_KINDS);
  const why = explainLookAlike(text);
  const next = meant ? `did you mean ${meant}?` : `expected one of ${MATERIAL_KINDS.join(', ')}`;
  throw new CodedError(
    'material_kind_unknown',
    `${quoted(text)} is not a material kind${why ? ` (${why})` : ''}: ${next}`,
    meant ? { detail: { suggestion: meant } } : {},
  );
}
