import path from 'node:path';
import { isCoded } from '@waybill/core';
import { isDigest } from '@waybill/core/digest';
import { ARTIFACT_OPTIONS, artifactPlace } from '../../artifact-place.ts';
import { defineCommand } from '../../command.ts';
import { cliError, EXIT } from '../../exit.ts';
import { replaceFile } from '../../files.ts';
import { listing } from '../../output.ts';

export const command = defineCommand({
  summary:
    'Get an artifact or a material by its digest; the file appears when it is whole and of that digest',
  arguments: [{ name: 'DIGEST', summary: 'sha256:…', required: true }],
  options: {
    to: { type: 'string', value: 'FILE', required: true, summary: 'Where to; one that exists is replaced' },
    ...ARTIFACT_OPTIONS,
  },
  examples: [
    'waybill artifact download sha256:0d… --to app.tgz --workflow demo/build',
    'waybill artifact download sha256:0d… --to sbom.cdx.json --project demo --workflow build -o json',
  ],
  run: async (session, { options, args }) => {
    const digest = args[0] ?? '';
    if (!isDigest(digest)) {
      throw cliError('usage_invalid', `DIGEST: expected sha256:<hex>, found ${JSON.stringify(digest)}`);
    }
    const file = path.resolve(session.cwd, options.to);
    const { connection, repository } = await artifactPlace(session, options);
    const { openArtifact } = await import('../../registry.ts');
    const { sizeBytes, pieces } = await openArtifact(connection, repository, digest).catch((cause) => {
      if (!isCoded(cause, 'oci_client_not_found')) throw cause;
      throw cliError(
        'cli_artifact_missing',
        `${digest} is not in ${repository}: is it of another workflow (--workflow), or was it only recorded and never uploaded?`,
        { cause },
      );
    });
    using transfer = session.output.transfer(path.basename(file), sizeBytes);
    await replaceFile(session, file, {
      mode: 0o666,
      fill: async (handle) => {
        let gotBytes = 0;
        for await (const piece of pieces) {
          await handle.writeFile(piece);
          transfer.at((gotBytes += piece.length));
        }
      },
    });
    session.output.data({ digest, sizeBytes, repository, file }, () =>
      listing([
        ['written to', file],
        ['digest', digest],
        ['size', `${sizeBytes} bytes`],
      ]),
    );
    return EXIT.ok;
  },
});
