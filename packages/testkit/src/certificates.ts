import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Debian's; a name without a path would count as a dependency. */
const OPENSSL = '/usr/bin/openssl';

/** A private authority for TLS, made by `openssl` in the directory. */
export interface TestAuthority {
  readonly caFile: string;
  readonly ca: string;
  /** A server certificate for 127.0.0.1 and localhost, and its key, as PEM. */
  issue(commonName: string): { readonly cert: string; readonly key: string };
}

export function testAuthority(directory: string): TestAuthority {
  const caFile = join(directory, 'ca.pem');
  const caKey = join(directory, 'ca.key');
  const openssl = (...args: readonly string[]): string =>
    execFileSync(OPENSSL, args, { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const newKey = (file: string): string =>
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file);
  newKey(caKey);
  openssl('req', '-x509', '-key', caKey, '-subj', '/CN=Test authority', '-days', '2', '-out', caFile);
  return {
    caFile,
    ca: readFileSync(caFile, 'utf8'),
    issue(commonName) {
      const [key, request, extensions] = ['leaf.key', 'leaf.csr', 'leaf.ext'].map((name) =>
        join(directory, name),
      );
      if (key === undefined || request === undefined || extensions === undefined)
        throw new TypeError('no names');
      newKey(key);
      openssl('req', '-new', '-key', key, '-subj', `/CN=${commonName}`, '-out', request);
      writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n');
      const from = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial'];
      const cert = openssl('x509', '-req', '-in', request, ...from, '-days', '2', '-extfile', extensions);
      return { cert, key: readFileSync(key, 'utf8') };
    },
  };
}
