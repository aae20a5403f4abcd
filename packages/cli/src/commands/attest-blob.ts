import path from 'node:path';
import { isCoded } from '@waybill/core';
import { type Json, parseJson } from '@waybill/core/bytes';
import { IN_TOTO_PAYLOAD_TYPE } from '@waybill/core/dsse';
import { formatStatement, STATEMENT_TYPE_V1 } from '@waybill/core/intoto';
import { defineCommand } from '../command.ts';
import { cliError, EXIT } from '../exit.ts';
import { readNamedBytes, writePrivate } from '../files.ts';
import type { Session } from '../session.ts';
import { subjectOf, targetOf } from '../sign-target.ts';
import { openSigning, SIGNING_OPTIONS, signAndVerify } from '../signing.ts';
import { signedFacts, signedText } from '../signing-text.ts';

/** The short names of `cosign attest --type` (cmd/cosign/cli/options/predicate.go). */
const TYPES: Readonly<Record<string, string>> = {
  slsaprovenance1: 'https://slsa.dev/provenance/v1',
  slsaprovenance: 'https://slsa.dev/provenance/v0.2',
  spdxjson: 'https://spdx.dev/Document',
  cyclonedx: 'https://cyclonedx.org/bom',
  vuln: 'https://cosign.sigstore.dev/attestation/vuln/v1',
  openvex: 'https://openvex.dev/ns',
  link: 'https://in-toto.io/Link/v1',
};

export const command = defineCommand({
  summary: 'Sign a statement about files or digests: an in-toto predicate, timestamped and logged',
  arguments: [
    { name: 'FILE|DIGEST', summary: 'What the statement is about', required: true, multiple: true },
  ],
  options: {
    predicate: { type: 'string', value: 'FILE', required: true, summary: 'What is stated, in JSON' },
    type: {
      type: 'string',
      value: 'URI',
      required: true,
      summary: `Type of the predicate, or one of ${Object.keys(TYPES).join(', ')}`,
    },
    bundle: { type: 'string', value: 'FILE', required: true, summary: 'Where the bundle goes' },
    ...SIGNING_OPTIONS,
  },
  examples: [
    'waybill attest-blob app.tar --predicate provenance.json --type slsaprovenance1 --bundle app.intoto.json',
    'waybill attest-blob sha256:0d… --predicate sbom.json --type cyclonedx --bundle sbom.intoto.json --key env://KEY',
  ],
  run: async (session, { options, args }) => {
    const predicateType = typeOf(options.type);
    const predicate = await predicateIn(session, options.predicate);
    const targets = await Promise.all(args.map((text) => targetOf(session, text)));
    const subject = targets.map(subjectOf);
    const payload = formatStatement({ type: STATEMENT_TYPE_V1, subject, predicateType, predicate });
    const signing = await openSigning(session, options);
    const made = await signAndVerify(signing, { type: 'dsse', payloadType: IN_TOTO_PAYLOAD_TYPE, payload });
    await writePrivate(session, path.resolve(session.cwd, options.bundle), `${made.text}\n`);
    const facts = signedFacts(args.join(', '), made, options.bundle);
    session.output.data({ ...facts, predicateType }, () => signedText(facts, session.output));
    return EXIT.ok;
  },
});

function typeOf(text: string): string {
  const known = Object.hasOwn(TYPES, text) ? TYPES[text] : undefined;
  if (known !== undefined) return known;
  if (URL.canParse(text)) return text;
  throw cliError(
    'usage_invalid',
    `--type: expected a URI or one of ${Object.keys(TYPES).join(', ')}, found ${JSON.stringify(text)}`,
  );
}

async function predicateIn(session: Session, file: string): Promise<Json> {
  const bytes = await readNamedBytes(path.resolve(session.cwd, file));
  try {
    return parseJson(bytes, 'predicate');
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw cliError('usage_invalid', `--predicate ${file}: ${cause.message}`, { cause });
  }
}
