/**
 * What attackers try, what stands against it, and the test that fails without it. `npm run attacks` proves every row;
 * docs/SECURITY-TESTS.md is written from here.
 */
import type { AttackGroups } from './attack.ts';
import { ATTESTATIONS } from './table/attestations.ts';
import { BROWSERS } from './table/browsers.ts';
import { CLAIMS_OF_JOBS } from './table/claims.ts';
import { CLOCKS } from './table/clocks.ts';
import { CONFUSED_DEPUTY } from './table/confused-deputy.ts';
import { CONTRACTS } from './table/contracts.ts';
import { FLOODS } from './table/floods.ts';
import { IDENTITY_TOKENS } from './table/identity-tokens.ts';
import { ISSUER_ATTACKS } from './table/issuers.ts';
import { JSON } from './table/json.ts';
import { LOGS } from './table/logs.ts';
import { MIRRORS } from './table/mirrors.ts';
import { PATHS } from './table/paths.ts';
import { PIPELINES } from './table/pipelines.ts';
import { PROGRAMS } from './table/programs.ts';
import { REQUESTS_BY_THE_SERVER } from './table/requests-by-the-server.ts';
import { SECRETS } from './table/secrets.ts';
import { SIGNING } from './table/signing.ts';
import { TENANTS } from './table/tenants.ts';
import { TERMINALS } from './table/terminals.ts';

export const ATTACKS: AttackGroups = {
  'Attestations: forged, replayed, mixed up': ATTESTATIONS,
  'Contracts that ask less than they seem to': CONTRACTS,
  'Policies: programs of strangers': PROGRAMS,
  Tenants: TENANTS,
  'Confused deputy': CONFUSED_DEPUTY,
  'Identity tokens': IDENTITY_TOKENS,
  'Pipelines: their secrets and tokens': PIPELINES,
  'Jobs: what is said of them, and what is proven': CLAIMS_OF_JOBS,
  'Mirrors of the trusted root': MIRRORS,
  'Requests by the server': REQUESTS_BY_THE_SERVER,
  'Issuers that organisations list': ISSUER_ATTACKS,
  'The logs: forked, taken back, filled': LOGS,
  Clocks: CLOCKS,
  Paths: PATHS,
  'Floods and slow clients': FLOODS,
  JSON: JSON,
  Signing: SIGNING,
  Secrets: SECRETS,
  Browsers: BROWSERS,
  'What a person reads': TERMINALS,
};
