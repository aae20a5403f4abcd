import { readFile } from 'node:fs/promises';
import { type Config, createEgress } from '../../ground/index.ts';
import type { TrustDeps } from '../deps.ts';
import { operatorIssuers } from './operator-issuers.ts';

/** Where issuers come from beside the database. */
export type IssuerSources = Pick<TrustDeps, 'egress' | 'operatorIssuers'>;

/** Throws `fulcio_config_invalid` for a file of issuers that makes no sense. */
export async function openIssuers(
  config: Pick<Config, 'issuersFile' | 'issuerNetworks'>,
): Promise<IssuerSources> {
  const file = config.issuersFile === null ? null : await readFile(config.issuersFile);
  return { egress: createEgress({ allow: config.issuerNetworks }), operatorIssuers: operatorIssuers(file) };
}
