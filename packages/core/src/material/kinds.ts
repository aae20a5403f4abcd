import { artifactReader } from './kind/artifact.ts';
import { attestationReader } from './kind/attestation.ts';
import { blackduckReader } from './kind/blackduck.ts';
import { checkmarxReader } from './kind/checkmarx.ts';
import { coberturaReader } from './kind/cobertura.ts';
import { containerImageReader } from './kind/container-image.ts';
import {
  csafAdvisoryReader,
  csafIncidentReader,
  csafInformationalReader,
  csafVexReader,
} from './kind/csaf.ts';
import { detectSecretsReader } from './kind/detect-secrets.ts';
import { evidenceReader } from './kind/evidence.ts';
import { ghasCodeReader, ghasDependencyReader, ghasSecretReader } from './kind/ghas.ts';
import { gitlabSecurityReportReader } from './kind/gitlab-security-report.ts';
import { gitleaksReader } from './kind/gitleaks.ts';
import { jacocoReader } from './kind/jacoco.ts';
import { junitReader } from './kind/junit.ts';
import { openvexReader } from './kind/openvex.ts';
import { sarifReader } from './kind/sarif.ts';
import { cyclonedxReader } from './kind/sbom-cyclonedx.ts';
import { spdxReader } from './kind/sbom-spdx.ts';
import { scorecardReader } from './kind/scorecard.ts';
import { slsaProvenanceReader } from './kind/slsa-provenance.ts';
import { stringReader } from './kind/string.ts';
import { trufflehogReader } from './kind/trufflehog.ts';
import { twistcliReader } from './kind/twistcli.ts';
import type { MaterialKind } from './kind.ts';
import type { MaterialReader } from './reader.ts';

/** A new kind is one file and one line here. Detection asks in this order; no two detectors overlap. */
export const DETECTION_ORDER: readonly MaterialReader[] = [
  cyclonedxReader,
  spdxReader,
  sarifReader,
  openvexReader,
  csafVexReader,
  csafInformationalReader,
  csafAdvisoryReader,
  csafIncidentReader,
  attestationReader,
  slsaProvenanceReader,
  junitReader,
  jacocoReader,
  coberturaReader,
  gitlabSecurityReportReader,
  ghasCodeReader,
  ghasSecretReader,
  ghasDependencyReader,
  gitleaksReader,
  trufflehogReader,
  twistcliReader,
  blackduckReader,
  detectSecretsReader,
  scorecardReader,
  checkmarxReader,
  containerImageReader,
  evidenceReader,
  artifactReader,
  stringReader,
];

const READERS: ReadonlyMap<MaterialKind, MaterialReader> = new Map(
  DETECTION_ORDER.map((reader) => [reader.kind, reader]),
);

/** Undefined for a kind that contracts may name but this version does not check. */
export function readerOf(kind: MaterialKind): MaterialReader | undefined {
  return READERS.get(kind);
}

/** The kinds that validateMaterial checks, in the order of their numbers' table. */
export const SUPPORTED_KINDS: readonly MaterialKind[] = DETECTION_ORDER.map((reader) => reader.kind);
