import { X509Certificate } from 'node:crypto';
import { cliError } from './exit.ts';
import { readNamed } from './files.ts';

/** The certificates of `--ca-file`. Throws `cli_file` for what cannot be read, or is none. */
export async function readAuthority(file: string): Promise<string> {
  const pem = await readNamed(file);
  try {
    void new X509Certificate(pem);
  } catch (cause) {
    throw cliError(
      'cli_file',
      `${file} holds no certificate in PEM: expected that of the authority which signed the server's`,
      { cause },
    );
  }
  return pem;
}
