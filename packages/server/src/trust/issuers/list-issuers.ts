/** Use cases of an organisation's issuers. A change counts with the next token: nothing is kept in between. */
import { type Clock, type Db, type Tx, writeAudit } from '../../ground/index.ts';
import { actorOf, authorize, type Principal } from '../../identity/index.ts';
import { trustError } from '../errors.ts';
import {
  deleteIssuer,
  findIssuerMeaning,
  findIssuerRow,
  type IssuerRow,
  insertIssuer,
  listIssuerRows,
  lockIssuer,
} from '../queries.ts';
import { type IssuerChoice, invalid, PRESETS, ruleOf } from './kinds.ts';
import type { OperatorIssuers } from './operator-issuers.ts';

export interface IssuerListDeps {
  readonly db: Db;
  readonly clock: Clock;
  /** Origin of this server without a trailing slash. */
  readonly publicUrl: string;
  readonly operatorIssuers: OperatorIssuers;
}

const MAX_ISSUERS = 100;

/**
 * Lets tokens of an issuer sign. Throws `trust_issuer_invalid`, `trust_issuer_exists`, `trust_issuer_conflict` where
 * the issuer already means something else on this server, `identity_forbidden`.
 */
export async function addIssuer(
  deps: IssuerListDeps,
  principal: Principal,
  input: { readonly choice: IssuerChoice; readonly requestId: string },
): Promise<IssuerRow> {
  authorize(principal, 'write-issuer');
  const { choice } = input;
  ruleOf(choice);
  checkReserved(deps, choice);
  return deps.db.withOrg(principal.orgId, async (tx) => {
    await lockIssuer(tx, choice.url);
    await checkFree(tx, choice.url);
    await checkMeaning(deps, choice);
    const row = { ...choice, createdAt: deps.clock(), createdBy: actorOf(principal) };
    await insertIssuer(tx, principal.orgId, row);
    const { kind, subjectDomain, trustDomain } = choice;
    await audited(tx, principal, {
      requestId: input.requestId,
      action: 'trust.add-issuer',
      url: choice.url,
      detail: { kind, subjectDomain, trustDomain },
    });
    return row;
  });
}

/** By URL. Throws `identity_forbidden`. */
export async function listIssuers(deps: IssuerListDeps, principal: Principal): Promise<readonly IssuerRow[]> {
  authorize(principal, 'read');
  return deps.db.withOrg(principal.orgId, listIssuerRows);
}

/** Throws `trust_issuer_not_found`, `identity_forbidden`. */
export async function removeIssuer(
  deps: IssuerListDeps,
  principal: Principal,
  input: { readonly url: string; readonly requestId: string },
): Promise<void> {
  authorize(principal, 'write-issuer');
  await deps.db.withOrg(principal.orgId, async (tx) => {
    if (!(await deleteIssuer(tx, input.url))) {
      throw trustError(
        'trust_issuer_not_found',
        'This organisation does not list that issuer: `waybill issuer list` shows those that it does.',
      );
    }
    await audited(tx, principal, { ...input, action: 'trust.remove-issuer', detail: {} });
  });
}

/** Names that are taken, whoever asks: this server's own, the operator's, and those that everybody knows. */
function checkReserved({ publicUrl, operatorIssuers }: IssuerListDeps, { url, kind }: IssuerChoice): void {
  if (new URL(url).origin === publicUrl)
    throw invalid('this server is an issuer already, and needs no listing');
  if (operatorIssuers.find(url))
    throw invalid('the operator of this server has set this issuer for everybody');
  const { host } = new URL(url);
  const preset = PRESETS.find((one) => new URL(one.url).host === host);
  if (preset && preset.kind !== kind) throw invalid(`tokens of ${host} are of the kind ${preset.kind}`);
  if (!preset && (kind === 'buildkite' || kind === 'codefresh' || kind === 'circleci')) {
    const home = PRESETS.find((one) => one.kind === kind)?.url;
    throw invalid(`the kind ${kind} is for ${home} only`);
  }
}

async function checkFree(tx: Tx, url: string): Promise<void> {
  if (await findIssuerRow(tx, url)) {
    throw trustError(
      'trust_issuer_exists',
      `The issuer ${url} is listed already. Remove it first to change it.`,
    );
  }
  if ((await listIssuerRows(tx)).length >= MAX_ISSUERS) {
    throw invalid(`an organisation lists ${MAX_ISSUERS} at most`);
  }
}

/** Certificates come from one authority: were one issuer mapped in two ways, either organisation could forge the other's names. */
async function checkMeaning({ db }: IssuerListDeps, choice: IssuerChoice): Promise<void> {
  const meaning = await db.asSystem((tx) => findIssuerMeaning(tx, choice.url));
  const isSame =
    meaning === undefined ||
    (meaning.kind === choice.kind &&
      meaning.subjectDomain === choice.subjectDomain &&
      meaning.trustDomain === choice.trustDomain);
  if (isSame) return;
  throw trustError(
    'trust_issuer_conflict',
    `Tokens of ${choice.url} have another meaning on this server (GET /api/v2/configuration shows it), and an issuer ` +
      'has one meaning only. List it with that one, or ask the operator of the server.',
  );
}

function audited(
  tx: Tx,
  principal: Principal,
  change: {
    readonly action: string;
    readonly url: string;
    readonly requestId: string;
    readonly detail: Readonly<Record<string, string>>;
  },
): Promise<void> {
  return writeAudit(tx, {
    orgId: principal.orgId,
    actor: actorOf(principal),
    action: change.action,
    target: `issuer:${change.url}`,
    outcome: 'ok',
    detail: change.detail,
    requestId: change.requestId,
  });
}
