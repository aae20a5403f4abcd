import type { Json } from '../bytes/index.ts';
import type { Digest } from '../digest/index.ts';
import type { MaterialKind } from '../material/index.ts';
import type { RunnerType } from './runner.ts';

/** What a pipeline owes, whatever document it was written in. Docs: docs/reference/contract.md. */
export interface Contract {
  /** The form of the document it came from. */
  readonly schema: 'v1' | 'v2';
  /** Null in v1 documents, which carry none. */
  readonly name: string | null;
  readonly description: string;
  /** `metadata.annotations` of a v2 document: about the contract itself, no demand on runs. */
  readonly labels: Readonly<Record<string, string>>;
  readonly materials: readonly ContractMaterial[];
  readonly envAllowList: readonly string[];
  /** Null: any runner. */
  readonly runner: RunnerType | null;
  readonly annotations: readonly ContractAnnotation[];
  /** Who may sign. Empty: the contract names nobody, and its reader decides what that means. */
  readonly signers: readonly ContractSigner[];
  /** Waybill's own demand for proof; absent: none, as in revisions from before there was one. */
  readonly assurance?: ContractAssurance;
  readonly policies: {
    readonly materials: readonly PolicyAttachment[];
    readonly attestation: readonly PolicyAttachment[];
  };
  readonly policyGroups: readonly PolicyGroupAttachment[];
  /** SHA-256 of the document as written. */
  readonly digest: Digest;
}

export interface ContractMaterial {
  readonly name: string;
  readonly kind: MaterialKind;
  readonly optional: boolean;
  /** The material is a subject of the statement. */
  readonly output: boolean;
  /** Only the digest is recorded; the bytes stay where they are. */
  readonly skipUpload: boolean;
  /** Of the members of one group at least one must be there. Empty: no group. */
  readonly group: string;
  readonly annotations: readonly ContractAnnotation[];
}

export interface ContractAnnotation {
  readonly name: string;
  /** Empty: any value, but the run must give one. */
  readonly value: string;
}

/** A signing identity; `*` stands for any run of characters and is the only wildcard. */
export interface ContractSigner {
  readonly issuer: string;
  readonly subject: string;
}

/** How sure the server must be of a run, and for how long. */
export interface ContractAssurance {
  /** A token of the CI system must prove that the run was there. */
  readonly verifiedRunner: boolean;
  /** SLSA build level that the proven facts must allow at least. */
  readonly minimumBuildLevel: 0 | 1 | 2 | 3;
  /** Longest time from the start of a run to its verdict, by the server's clock. */
  readonly maxRunSeconds: number | null;
  /** Longest time that a verdict counts at the gate. */
  readonly maxVerdictSeconds: number | null;
}

/** Exactly one of `ref` and `embedded` is set. */
export interface PolicyAttachment {
  readonly ref: string | null;
  readonly embedded: Json;
  readonly selector: { readonly name: string; readonly matchMode: MatchMode } | null;
  readonly disabled: boolean;
  readonly with: Readonly<Record<string, string>>;
  readonly requirements: readonly string[];
  /** False: what the policy finds is told and blocks nothing. Null blocks like true. */
  readonly gate: boolean | null;
}

export const MATCH_MODES = ['UNSPECIFIED', 'EXACT', 'PREFIX'] as const;
export type MatchMode = (typeof MATCH_MODES)[number];

export interface PolicyGroupAttachment {
  readonly ref: string;
  readonly with: Readonly<Record<string, string>>;
  readonly skip: readonly string[];
  readonly gate: boolean | null;
}

/** True when the contract attaches policies that do not stand in it. A disabled one counts as well. */
export function hasForeignPolicies(contract: Contract): boolean {
  const { materials, attestation } = contract.policies;
  return contract.policyGroups.length > 0 || [...materials, ...attestation].some(({ ref }) => ref !== null);
}
