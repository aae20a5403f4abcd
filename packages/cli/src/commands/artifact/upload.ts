import path from 'node:path';
import { isCoded } from '@waybill/core';
import { ARTIFACT_OPTIONS, artifactPlace } from '../../artifact-place.ts';
import { defineCommand } from '../../command.ts';
import { cliError, EXIT } from '../../exit.ts';
import { reasonOf } from '../../files.ts';
import { listing } from '../../output.ts';

export const command = defineCommand({
  summary: 'Put a file of any size into the server, by its digest; what is there already is not sent again',
  arguments: [{ name: 'FILE', summary: 'What to upload', required: true }],
  options: ARTIFACT_OPTIONS,
  examples: [
    'waybill artifact upload dist/app.tgz --workflow demo/build',
    'waybill artifact upload report.html --workflow demo/build -o json',
  ],
  run: async (session, { options, args }) => {
    const file = path.resolve(session.cwd, args[0] ?? '');
    const { connection, repository } = await artifactPlace(session, options);
    const { materialStore } = await import('../../registry.ts');
    const { digest, sizeBytes, uploaded } = await materialStore(session, connection, repository)
      .putFile(file)
      .catch((cause: unknown) => {
        if (isCoded(cause)) throw cause;
        throw cliError('cli_file', `cannot read ${file} (${reasonOf(cause)})`, { cause });
      });
    session.output.data({ digest, sizeBytes, repository, uploaded }, () =>
      listing([
        [uploaded ? 'uploaded' : 'there already', path.basename(file)],
        ['digest', digest],
        ['size', `${sizeBytes} bytes`],
        ['repository', repository],
      ]),
    );
    return EXIT.ok;
  },
});
