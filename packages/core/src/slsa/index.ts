export type { BuilderExpectation, BuildLevel, TrustedBuilder } from './builders.ts';
export type { CertifiedBuild } from './certified-build.ts';
export type { SlsaCode } from './errors.ts';
export type { ProvenanceExpectations, RefExpectation } from './expectations.ts';
export { type NpmAttestations, type NpmPackage, parseNpmAttestations, verifyNpmPackage } from './npm.ts';
export {
  type VerifiedProvenance,
  type VerifyProvenanceOptions,
  verifyProvenance,
} from './verify-provenance.ts';
export { type VerifiedVsa, type VsaExpectations, verifyVsa } from './vsa.ts';
