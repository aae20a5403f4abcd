import { type FulcioConfig, findIssuer, parseFulcioConfig } from '@waybill/core/fulcio';
import type { NamedRule } from './kinds.ts';

/** Issuers that the operator sets for everybody, in Fulcio's own form: patterns and own templates too. */
export interface OperatorIssuers {
  find(issuerUrl: string): NamedRule | undefined;
  readonly config: FulcioConfig;
}

/** Of the file that `issuers` names; null is none. Throws `fulcio_config_invalid`. */
export function operatorIssuers(file: Uint8Array | null): OperatorIssuers {
  const config = parseFulcioConfig(file ?? '{}');
  return Object.freeze({
    config,
    find(issuerUrl: string) {
      const rule = findIssuer(config, issuerUrl);
      return rule && { rule, config };
    },
  });
}
