import type { RunDetail } from '@waybill/api';
import type { Client } from '@waybill/api/client';
import { type ContractSigner, signerMatches } from '@waybill/core/contract';
import { publicKeyFrom } from '@waybill/core/crypto';
import { parseTrustedRoot } from '@waybill/core/trust';
import type { Expectations } from '@waybill/core/verify';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { cliError, EXIT } from '../../exit.ts';
import { EXPECTATION_OPTIONS, expectationsOf, trustedRootIn, verifying } from '../../expectations.ts';
import { listing, type Output } from '../../output.ts';
import { contractOf } from '../../stated-contract.ts';
import { colourOf, provenSignerText } from '../../text.ts';
import { policyRows } from '../../verdict-fields.ts';
import { type VerifiedRun, verifyRun } from '../../verify-run.ts';

export const command = defineCommand({
  summary: "Verify a pushed attestation and the server's verdict here, not by the server's word",
  arguments: [{ name: 'RUN', summary: 'Id of the run', required: true }],
  options: {
    'trusted-root': {
      type: 'string',
      value: 'FILE',
      summary: "Whom to trust; without it the server's own trusted root",
    },
    ...EXPECTATION_OPTIONS,
  },
  examples: [
    'waybill attestation verify 7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b1',
    'waybill attestation verify 7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b1 --trusted-root trusted_root.json --certificate-identity "*/default/demo/build" --certificate-oidc-issuer "*/oidc"',
  ],
  run: async (session, { options, args }) => {
    const id = args[0] ?? '';
    const given = await expectationsOf(session, options);
    const rootFile = options['trusted-root'];
    const { client } = await connect(session);
    const [run, server, trustedRoot] = await Promise.all([
      client.describeRun(id),
      client.info(),
      rootFile === undefined
        ? client.trustedRoot().then((text) => parseTrustedRoot(text))
        : trustedRootIn(session, rootFile),
    ]);
    const verified = await verifying(`run ${id}`, async () => {
      requireReceipt(run);
      const [bundle, verdict, wanted] = await Promise.all([
        client.downloadBundle(id),
        client.downloadVerdict(id),
        given ? { expectations: given, signers: [] } : expectationsOfRun(client, run, server.issuer),
      ]);
      return verifyRun({ run, server, trustedRoot, bundle, verdict, now: new Date(), ...wanted });
    });
    report(session.output, run, verified);
    return verified.result === 'PASSED' ? EXIT.ok : EXIT.refused;
  },
});

/** Nothing to verify is not success. */
function requireReceipt(run: RunDetail): void {
  if (run.receipt !== null) return;
  throw cliError(
    'not_verified',
    `the run is ${run.state}: no attestation was accepted, so there is nothing to verify`,
  );
}

/** Without expectations of the person: the signers of the contract, else the workflow's own identity. */
async function expectationsOfRun(
  client: Client,
  run: RunDetail,
  issuer: string,
): Promise<{ readonly expectations: Expectations; readonly signers: readonly ContractSigner[] }> {
  const detail = await client.describeContract(run.contract.name, run.contract.revision);
  const { signers } = contractOf(detail.contract);
  const signer = run.receipt?.signer;
  if (signer?.type === 'key') return expectedKey(client, signer, signers);
  if (signers.length > 0) return { expectations: { type: 'any-trusted-signer' }, signers };
  const subject = `${issuer}/${run.organization}/${run.project}/${run.workflow}`;
  return { expectations: { type: 'identity', issuer, subject }, signers: [] };
}

async function expectedKey(
  client: Client,
  signer: { readonly name: string; readonly fingerprint: string },
  signers: readonly ContractSigner[],
): Promise<{ readonly expectations: Expectations; readonly signers: readonly ContractSigner[] }> {
  const identity = { issuer: 'urn:waybill:key', subject: signer.name };
  if (signers.length > 0 && !signers.some((one) => signerMatches(one, identity))) {
    throw cliError('not_verified', `signed by the key ${signer.name}, which the contract does not name`);
  }
  const key = (await client.listKeys()).keys.find(({ fingerprint }) => fingerprint === signer.fingerprint);
  if (key) return { expectations: { type: 'key', publicKey: publicKeyFrom(key.publicKey) }, signers: [] };
  throw cliError(
    'not_verified',
    `the key ${signer.name} is no longer registered: name its public key with --key FILE`,
  );
}

function report(output: Output, run: RunDetail, verified: VerifiedRun): void {
  const { result, attestation, verdict, levels, policies } = verified;
  const part = ({ statement, payloadDigest }: VerifiedRun['attestation']) => ({
    signer:
      statement.signer.type === 'certificate'
        ? { type: 'certificate', issuer: statement.signer.issuer, subject: statement.signer.subject }
        : { type: 'key' },
    signedAt: statement.signedAt?.toISOString() ?? null,
    log: statement.logged,
    payloadDigest,
  });
  const value = {
    runId: run.id,
    verified: true,
    result,
    verifiedLevels: levels,
    policies,
    attestation: part(attestation),
    verdict: part(verdict),
  };
  const where = (proven: VerifiedRun['attestation']) =>
    proven.statement.logged && `${proven.statement.logged.logIndex} in ${proven.statement.logged.origin}`;
  output.data(value, () =>
    listing([
      ['run', `${run.id} ${output.paint('green', 'verified')}`],
      ['verdict', output.paint(colourOf(result), result)],
      ['verified levels', levels.join(', ')],
      ['attested by', provenSignerText(attestation.statement.signer)],
      ['signed', value.attestation.signedAt],
      ['log index', where(attestation)],
      ['judged by', provenSignerText(verdict.statement.signer)],
      ['judged', value.verdict.signedAt],
      ['VSA log index', where(verdict)],
      ...policyRows(policies),
    ]),
  );
}
