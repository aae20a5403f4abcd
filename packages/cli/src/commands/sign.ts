import path from 'node:path';
import type { ToSign } from '@waybill/clients/sigstore';
import { BUNDLE_MEDIA_TYPE } from '@waybill/core/bundle';
import { IN_TOTO_PAYLOAD_TYPE } from '@waybill/core/dsse';
import { formatStatement, STATEMENT_TYPE_V1 } from '@waybill/core/intoto';
import { defineCommand } from '../command.ts';
import { connectIfKnown } from '../connection.ts';
import { cliError, EXIT } from '../exit.ts';
import { writePrivate } from '../files.ts';
import type { Session } from '../session.ts';
import { subjectOf, type Target, targetOf } from '../sign-target.ts';
import { openSigning, SIGNING_OPTIONS, type SignedBundle, signAndVerify } from '../signing.ts';
import { type SignedFacts, signedFacts, signedText } from '../signing-text.ts';

/** What `cosign sign` states of an image, and `cosign verify` looks for (cosign specs/BUNDLE_SPEC.md). */
const COSIGN_SIGN_TYPE = 'https://sigstore.dev/cosign/sign/v1';

export const command = defineCommand({
  summary:
    'Sign files, digests or images; the bundles are timestamped, logged, and verified before they are kept',
  arguments: [
    {
      name: 'FILE|DIGEST|IMAGE',
      summary: 'Files, sha256:…, or images as HOST/REPOSITORY@sha256:…',
      required: true,
      multiple: true,
    },
  ],
  options: {
    bundle: {
      type: 'string',
      value: 'FILE',
      summary: 'Where the bundle goes; a file without it gets FILE.sigstore.json, an image its registry',
    },
    ...SIGNING_OPTIONS,
  },
  examples: [
    'waybill sign app.tar.gz --project demo --workflow build',
    'waybill sign registry.example/app@sha256:0d… --key env://COSIGN_PRIVATE_KEY',
  ],
  run: async (session, { options, args }) => {
    const { bundle } = options;
    if (bundle !== undefined && args.length > 1) {
      throw cliError('usage_invalid', '--bundle names one file: sign one thing at a time, or leave it out');
    }
    const targets = await Promise.all(args.map((text) => targetOf(session, text)));
    if (bundle === undefined && targets.some(({ type }) => type === 'digest')) {
      throw cliError('usage_missing', 'say where the bundle of a digest goes: --bundle FILE');
    }
    const signing = await openSigning(session, options);
    const signed: SignedFacts[] = [];
    for (const target of targets) {
      const made = await signAndVerify(signing, toSign(target));
      signed.push(signedFacts(target.name, made, await keep(session, { target, made, bundle })));
    }
    session.output.data({ signed }, () =>
      signed.map((facts) => signedText(facts, session.output)).join('\n\n'),
    );
    return EXIT.ok;
  },
});

/** A file is signed itself; of what is known by its digest alone, a statement. */
function toSign(target: Target): ToSign {
  if (target.type === 'file') return { type: 'message', bytes: target.bytes };
  const payload = formatStatement({
    type: STATEMENT_TYPE_V1,
    subject: [subjectOf(target)],
    predicateType: COSIGN_SIGN_TYPE,
    predicate: {},
  });
  return { type: 'dsse', payloadType: IN_TOTO_PAYLOAD_TYPE, payload };
}

interface Made {
  readonly target: Target;
  readonly made: SignedBundle;
  readonly bundle: string | undefined;
}

/** Where the bundle is now, for people. */
async function keep(session: Session, { target, made, bundle }: Made): Promise<string> {
  const file = bundle ?? (target.type === 'file' ? `${target.name}.sigstore.json` : undefined);
  if (file !== undefined) await writePrivate(session, path.resolve(session.cwd, file), `${made.text}\n`);
  if (target.type !== 'image') return file ?? '';
  const { attachTo } = await import('../registry.ts');
  await attachTo(session, await connectIfKnown(session), {
    reference: target.reference,
    artifactType: BUNDLE_MEDIA_TYPE,
    bytes: Buffer.from(made.text),
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': COSIGN_SIGN_TYPE,
      'org.opencontainers.image.created': new Date().toISOString(),
    },
  });
  return [file, `${target.reference.registry}/${target.reference.repository}`].filter(Boolean).join(', ');
}
