import path from 'node:path';
import { toHex, utf8 } from '@waybill/core/bytes';
import { sha256 } from '@waybill/core/crypto';
import { defineCommand } from '../../command.ts';
import { reach } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { writePrivate } from '../../files.ts';
import { listing } from '../../output.ts';

export const command = defineCommand({
  summary:
    'Write trusted_root.json, signing_config.v0.2.json, client_trust_config.json (both in one) and the TUF root.json to a directory; needs no token',
  options: {
    to: { type: 'string', value: 'DIR', summary: 'Where to; the present directory unless told' },
  },
  examples: [
    'waybill trust export',
    'waybill trust export --to /media/usb --server https://waybill.example.com',
  ],
  run: async (session, { options }) => {
    const { url, client } = await reach(session);
    const [trustedRoot, signingConfig, clientTrustConfig, tufRoot] = await Promise.all([
      client.trustedRoot(),
      client.signingConfig(),
      client.clientTrustConfig(),
      client.tufRoot(),
    ]);
    const directory = path.resolve(session.cwd, options.to ?? '.');
    const texts = {
      'trusted_root.json': trustedRoot,
      'signing_config.v0.2.json': signingConfig,
      'client_trust_config.json': clientTrustConfig,
      'root.json': tufRoot,
    };
    const files = Object.entries(texts).map(([name, text]) => ({
      file: path.join(directory, name),
      sha256: toHex(sha256(utf8(text))),
      text,
    }));
    for (const { file, text } of files) await writePrivate(session, file, text);
    const mirror = `${url}/tuf`;
    const value = { mirror, files: files.map(({ file, sha256: hash }) => ({ file, sha256: hash })) };
    session.output.data(value, () =>
      listing([
        ...files.map(({ file, sha256: hash }): [string, string] => [file, `sha256:${hash}`]),
        ['mirror', mirror],
      ]),
    );
    session.output.note(
      `Compare these sums over another way before you trust the files: what vouched for them was only the connection to ${url}.`,
    );
    return EXIT.ok;
  },
});
