/**
 * sigstore-conformance, the offline part (sigstore/sigstore-conformance docs/cli_protocol.md and
 * test/assets/bundle-verify/README.md): every directory is one bundle, verified once with the file and once
 * with its digest; a name that ends in `_fail` must be refused.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseBundle } from '@waybill/core/bundle';
import { publicKeyFrom } from '@waybill/core/crypto';
import { digestOf } from '@waybill/core/digest';
import { parseTrustedRoot, type TrustedRoot } from '@waybill/core/trust';
import { type Artifact, type Expectations, verifyBundle } from '@waybill/core/verify';
import type { CaseResult } from './case.ts';

const DEFAULT_ISSUER = 'https://token.actions.githubusercontent.com';
const DEFAULT_IDENTITY =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/' +
  'extremely-dangerous-oidc-beacon.yml@refs/heads/main';

const PRODUCTION_ROOT = 'evidence/sigstore-root/targets/trusted_root.json';

/**
 * `suite` is `…/sigstore-conformance`, or `bundle-verify` in it. Cases without a root of their own use the production root
 * of the shared folder: $WAYBILL_SHARED, the folder around the vectors, or `../shared` beside the repository.
 */
export async function run(suite: string): Promise<CaseResult[]> {
  const inner = join(suite, 'bundle-verify');
  const dir = existsSync(inner) ? inner : suite;
  const production = readRoot(findProductionRoot(dir));
  const names = readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
  return names.flatMap((name) => runCase(dir, name, production));
}

function findProductionRoot(dir: string): string {
  const folders = [
    ...(process.env['WAYBILL_SHARED'] === undefined ? [] : [process.env['WAYBILL_SHARED']]),
    join(dir, '../../..'),
    join(import.meta.dirname, '../../../shared'),
  ];
  const paths = folders.map((folder) => join(folder, PRODUCTION_ROOT));
  return paths.find((path) => existsSync(path)) ?? (paths[0] as string);
}

function runCase(dir: string, name: string, production: () => TrustedRoot): CaseResult[] {
  const at = (file: string): string => join(dir, name, file);
  const file = readFileSync(existsSync(at('artifact')) ? at('artifact') : defaultArtifact(dir));
  const verify = (artifact: Artifact): void => {
    const trustedRoot = existsSync(at('trusted_root.json'))
      ? readRoot(at('trusted_root.json'))()
      : production();
    const bundle = parseBundle(readFileSync(at('bundle.sigstore.json')));
    verifyBundle(bundle, { trustedRoot, expectations: expectationsOf(at), artifact });
  };
  return [
    judge(`${name} PATH`, name, () => verify(file)),
    judge(`${name} DIGEST`, name, () => verify(digestOf(file))),
  ];
}

function defaultArtifact(dir: string): string {
  const inside = join(dir, 'a.txt');
  return existsSync(inside) ? inside : join(dir, '../a.txt');
}

function expectationsOf(at: (file: string) => string): Expectations {
  const text = (file: string, otherwise: string): string =>
    existsSync(at(file)) ? readFileSync(at(file), 'utf8').trim() : otherwise;
  if (existsSync(at('key.pub'))) return { type: 'key', publicKey: publicKeyFrom(text('key.pub', '')) };
  return {
    type: 'identity',
    issuer: text('issuer', DEFAULT_ISSUER),
    subject: text('identity', DEFAULT_IDENTITY),
  };
}

function judge(caseName: string, directory: string, verify: () => void): CaseResult {
  const mustFail = directory.endsWith('_fail');
  try {
    verify();
    return mustFail
      ? { name: caseName, ok: false, message: 'accepted, must be refused' }
      : { name: caseName, ok: true };
  } catch (error) {
    const { code = 'not a coded error', message } = error as { code?: string; message: string };
    // A crash is no verdict: also where refusal is right it must come with a code.
    const refused = mustFail && code !== 'not a coded error';
    return { name: caseName, ok: refused, message: `${code}: ${message}` };
  }
}

function readRoot(path: string): () => TrustedRoot {
  let root: TrustedRoot | undefined;
  return () => (root ??= parseTrustedRoot(readFileSync(path)));
}
