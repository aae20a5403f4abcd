import path from 'node:path';
import type { Client } from '@waybill/api/client';
import { isCoded } from '@waybill/core';
import { parseTrustedRoot } from '@waybill/core/trust';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { expectationsOf, trustedRootIn, verifying } from '../../expectations.ts';
import { readNamed, writePrivate } from '../../files.ts';
import { listing, type Output } from '../../output.ts';
import { type VerifiedTrail, verifyTrail } from '../../verify-trail.ts';

export const command = defineCommand({
  summary: "Compute the audit trail's chain here and hold it against its anchor in the log",
  options: {
    'trusted-root': {
      type: 'string',
      value: 'FILE',
      summary: "Whom to trust; without it the server's own trusted root",
    },
    'certificate-identity': {
      type: 'string',
      value: 'NAME',
      summary: 'Who must have signed the anchors; without it who the server says it is',
    },
    'certificate-oidc-issuer': {
      type: 'string',
      value: 'URL',
      summary: 'Who must have vouched for that identity',
    },
    anchor: {
      type: 'string',
      value: 'FILE',
      summary: 'An anchor that was kept earlier, which the chain must still hold',
    },
    'keep-anchor': {
      type: 'string',
      value: 'FILE',
      summary: 'Write the newest anchor there, when all is well',
    },
  },
  examples: [
    'waybill audit verify --keep-anchor anchor.json',
    'waybill audit verify --anchor anchor.json --trusted-root trusted_root.json --certificate-identity https://waybill.example.com/verifier --certificate-oidc-issuer https://waybill.example.com/oidc',
  ],
  run: async (session, { options }) => {
    const { anchor: kept, 'trusted-root': rootFile, 'keep-anchor': keepIn } = options;
    const named = await expectationsOf(session, { ...options, key: undefined });
    const given = kept === undefined ? [] : [await readNamed(path.resolve(session.cwd, kept))];
    const { client } = await connect(session);
    const [{ issuer, verifier }, trustedRoot, newest] = await Promise.all([
      client.info(),
      rootFile === undefined
        ? client.trustedRoot().then((text) => parseTrustedRoot(text))
        : trustedRootIn(session, rootFile),
      newestAnchor(client),
    ]);
    const expectations = named ?? { type: 'identity', issuer, subject: verifier };
    const anchors = newest === null ? given : [...given, newest];
    const trail = await verifying('the audit trail', () =>
      verifyTrail(client, { trustedRoot, expectations, anchors }),
    );
    report(session.output, trail);
    if (newest === null)
      session.output.note('there is no anchor in the log yet: every ten minutes one is made');
    else if (keepIn !== undefined) await writePrivate(session, path.resolve(session.cwd, keepIn), newest);
    return EXIT.ok;
  },
});

async function newestAnchor(client: Client): Promise<string | null> {
  try {
    return (await client.readAuditAnchor()).bundle;
  } catch (error) {
    if (isCoded(error, 'audit_not_anchored')) return null;
    throw error;
  }
}

function report(output: Output, { organization, head, anchors }: VerifiedTrail): void {
  const value = {
    verified: true,
    organization,
    entries: head?.sequence ?? 0,
    head: head?.hash ?? null,
    anchors: anchors.map((anchor) => ({
      sequence: anchor.head.sequence,
      signedAt: anchor.signedAt?.toISOString() ?? null,
      log: anchor.log,
    })),
  };
  output.data(value, () =>
    listing([
      ['audit trail', output.paint('green', 'verified')],
      ['organization', organization],
      ['entries', String(value.entries)],
      ['head', value.head],
      ...value.anchors.map(({ sequence, signedAt, log }): [string, string] => [
        'anchored',
        `entry ${sequence} at ${signedAt}, log index ${log?.logIndex} in ${log?.origin}`,
      ]),
    ]),
  );
}
