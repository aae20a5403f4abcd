import path from 'node:path';
import { parseSigned } from '@waybill/core/bundle';
import { type Digest, isDigest } from '@waybill/core/digest';
import type { VsaPredicate } from '@waybill/core/intoto';
import type { Artifact } from '@waybill/core/verify';
import { defineCommand } from '../command.ts';
import { cliError, EXIT } from '../exit.ts';
import { EXPECTATION_OPTIONS, verifying } from '../expectations.ts';
import { readNamedBytes } from '../files.ts';
import { listing, type Output } from '../output.ts';
import type { Session } from '../session.ts';
import { colourOf, provenSignerText } from '../text.ts';
import { judgedPolicies, policyRows } from '../verdict-fields.ts';
import { expectedSigners, type Proven, prove } from '../verify-signed.ts';

export const command = defineCommand({
  summary:
    'Verify a file, a digest or a statement by its Sigstore bundle or DSSE envelope; exit code 3 when it does not hold, 4 when it is a FAILED verdict (VSA)',
  arguments: [
    {
      name: 'FILE|DIGEST|BUNDLE',
      summary: 'With --bundle: the file or sha256:… that it must be about. Without: the bundle',
      required: true,
    },
  ],
  options: {
    bundle: { type: 'string', value: 'FILE', summary: 'Bundle that signs the file or digest' },
    'trusted-root': {
      type: 'string',
      value: 'FILE',
      summary: "Whom to trust: trusted_root.json; without it the server's own, fetched now",
    },
    artifact: { type: 'string', value: 'FILE|DIGEST', summary: 'What it must be about: a file, or sha256:…' },
    'any-artifact': { type: 'boolean', summary: 'Verify a statement whatever it is about' },
    ...EXPECTATION_OPTIONS,
    key: {
      type: 'string',
      value: 'FILE',
      multiple: true,
      summary: 'Public key that must have signed, in place of an identity; several for a DSSE envelope',
    },
    threshold: {
      type: 'string',
      value: 'N',
      summary: 'How many of the keys must have signed a DSSE envelope; all of them when not given',
    },
    'no-log': {
      type: 'boolean',
      summary: 'With --key: take a signature that no log holds, of which nobody else can know',
    },
  },
  examples: [
    'waybill verify app.tar --bundle app.tar.sigstore.json --trusted-root trusted_root.json --certificate-identity http://127.0.0.1:7070/oidc/default/demo/build --certificate-oidc-issuer http://127.0.0.1:7070/oidc',
    'waybill verify app.sigstore.json --trusted-root trusted_root.json --any-artifact --key release.pub -o json',
  ],
  run: async (session, { options, args }) => {
    const expected = await expectedSigners(session, options);
    const { name, about, any } = namesOf(args[0] ?? '', options);
    const artifact = await artifactOf(session, about, any);
    const bytes = await readNamedBytes(path.resolve(session.cwd, name));
    const signed = await verifying(name, () => parseSigned(bytes));
    const proven = await prove(session, name, { signed, expected, artifact });
    const policies = await verifying(name, () =>
      proven.vsa && proven.statement ? judgedPolicies(proven.statement.predicate) : null,
    );
    report(session, name, { ...proven, policies });
    // A genuine FAILED verdict is no success: a script that reads only the exit code must not ship on it.
    return proven.vsa?.verificationResult === 'FAILED' ? EXIT.refused : EXIT.ok;
  },
});

/** The bundle, and what it must be about: `verify FILE --bundle B`, or `verify B --artifact FILE`. */
function namesOf(
  argument: string,
  options: {
    readonly bundle: string | undefined;
    readonly artifact: string | undefined;
    readonly 'any-artifact': boolean;
  },
): { readonly name: string; readonly about: string | undefined; readonly any: boolean } {
  const { bundle, artifact, 'any-artifact': any } = options;
  if (bundle === undefined) return { name: argument, about: artifact, any };
  if (artifact === undefined && !any) return { name: bundle, about: argument, any };
  throw cliError(
    'usage_invalid',
    'with --bundle the argument is what it must be about: leave --artifact and --any-artifact out',
  );
}

async function artifactOf(
  session: Session,
  text: string | undefined,
  any: boolean,
): Promise<Artifact | undefined> {
  if (any && text !== undefined)
    throw cliError('usage_invalid', 'give --artifact or --any-artifact, not both');
  if (text === undefined) {
    if (any) return undefined;
    throw cliError(
      'usage_missing',
      'say what the bundle must be about: waybill verify FILE --bundle BUNDLE, or --artifact FILE or DIGEST, or --any-artifact',
    );
  }
  if (isDigest(text)) return text satisfies Digest;
  if (/^sha(?:256|384|512):/.test(text)) {
    throw cliError(
      'usage_invalid',
      `expected a file or sha256:<64 hex digits>, found ${JSON.stringify(text)}`,
    );
  }
  return readNamedBytes(path.resolve(session.cwd, text));
}

type Reported = Proven & { readonly policies: ReturnType<typeof judgedPolicies> };

function report(session: Session, name: string, reported: Reported): void {
  const { verified, statement, vsa, signatures, policies } = reported;
  const { signer, signedAt, logged } = verified;
  const facts = {
    verified: true,
    signer:
      signer.type === 'certificate'
        ? { type: signer.type, issuer: signer.issuer, subject: signer.subject }
        : { type: signer.type },
    signedAt: signedAt?.toISOString() ?? null,
    log: logged,
    predicateType: statement?.predicateType ?? null,
    subjects: statement?.subject ?? null,
    verificationResult: vsa?.verificationResult ?? null,
    verifier: vsa?.verifier.id ?? null,
    policy: vsa?.policy ?? null,
    verifiedLevels: vsa?.verifiedLevels ?? null,
    policies,
    signatures,
  };
  const { output } = session;
  output.data(facts, () =>
    listing([
      [name, output.paint('green', 'verified')],
      ...(signatures === null
        ? [['signer', provenSignerText(signer)] as [string, string]]
        : signatures.map(({ key }): [string, string] => ['signature', key ?? 'by none of the given keys'])),
      ['signed', facts.signedAt],
      ['log index', logged && `${logged.logIndex} in ${logged.origin}`],
      ['predicate', facts.predicateType],
      ...(vsa ? vsaRows(vsa, output) : []),
      ...policyRows(policies),
      ...(statement?.subject ?? []).map((subject): [string, string] => [
        'subject',
        `${subject.name} ${digestsText(subject.digest)}`,
      ]),
    ]),
  );
}

function vsaRows(
  { verificationResult, verifier, policy, verifiedLevels }: VsaPredicate,
  output: Output,
): [string, string][] {
  return [
    ['verificationResult', output.paint(colourOf(verificationResult), verificationResult)],
    ['verified levels', verifiedLevels.join(', ')],
    ['verifier', verifier.id],
    ['policy', [policy.uri, policy.digest && digestsText(policy.digest)].filter(Boolean).join(' ')],
  ];
}

function digestsText(digests: Readonly<Record<string, string>>): string {
  return Object.entries(digests)
    .map(([algorithm, value]) => `${algorithm}:${value}`)
    .join(' ');
}
