import { ATTESTATION_PROBLEMS } from './attestation/index.ts';
import { AUDIT_PROBLEMS } from './audit/index.ts';
import { CONTRACT_PROBLEMS } from './contract/index.ts';
import { GATE_PROBLEMS } from './gate/index.ts';
import { IDENTITY_PROBLEMS } from './identity/index.ts';
import { REGISTRY_PROBLEMS } from './registry/index.ts';
import { STORE_PROBLEMS } from './store/index.ts';
import { TLOG_PROBLEMS } from './tlog/index.ts';
import { TRUST_PROBLEMS } from './trust/index.ts';

/** Codes of all rooms and how HTTP shows them. */
export const PROBLEMS = {
  ...IDENTITY_PROBLEMS,
  ...STORE_PROBLEMS,
  ...TLOG_PROBLEMS,
  ...TRUST_PROBLEMS,
  ...CONTRACT_PROBLEMS,
  ...REGISTRY_PROBLEMS,
  ...ATTESTATION_PROBLEMS,
  ...GATE_PROBLEMS,
  ...AUDIT_PROBLEMS,
};
