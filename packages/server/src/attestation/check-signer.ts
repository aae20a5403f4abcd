import type { Finding, Signer } from '@waybill/api';
import { type Contract, signerMatches } from '@waybill/core/contract';
import type { RunRow } from './queries.ts';

/** Issuer of a registered key in a contract's `signers`. */
export const KEY_ISSUER = 'urn:waybill:key';

/**
 * Step `signer`, second half: a proven signer must also be one that may sign for this workflow. A contract that
 * names nobody means the workflow's own identity or one of the organisation's registered keys, never just anybody.
 */
export function checkSigner(options: {
  readonly contract: Contract;
  readonly signer: Signer;
  readonly run: RunRow;
  readonly orgName: string;
  /** URL of the built-in issuer. */
  readonly issuerUrl: string;
}): readonly Finding[] {
  const { contract, signer, run, orgName, issuerUrl } = options;
  const identities = identitiesOf(signer);
  const { issuer, subject } = identities[0];
  const allowed =
    contract.signers.length > 0
      ? contract.signers
      : [
          { issuer: issuerUrl, subject: `${issuerUrl}/${orgName}/${run.project}/${run.workflow}` },
          { issuer: KEY_ISSUER, subject: '*' },
        ];
  const found = allowed.some((one) => identities.some((identity) => signerMatches(one, identity)));
  if (found) return [];
  const wanted = allowed.map((one) => `${one.subject} (issuer ${one.issuer})`).join(' or ');
  return [
    {
      step: 'signer',
      code: 'signer_not_allowed',
      message: `signed by ${subject} (issuer ${issuer}); the contract ${run.contract.name} allows ${wanted}`,
    },
  ];
}

interface Identity {
  readonly issuer: string;
  readonly subject: string;
}

/** A registered key answers to its name, and to where a key service keeps it. */
function identitiesOf(signer: Signer): readonly [Identity, ...Identity[]] {
  if (signer.type === 'certificate') return [signer];
  const { name, reference } = signer;
  const known = { issuer: KEY_ISSUER, subject: name };
  return reference === undefined ? [known] : [known, { issuer: KEY_ISSUER, subject: reference }];
}
