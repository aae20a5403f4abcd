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
import { sigstoreJsVerdict } from './sigstore-js.ts';

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
  const production = findProductionRoot(dir);
  const names = readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
  return names.flatMap((name) => runCase(dir, name, production));
}

/** Also for the protocol's client, which the suite may leave without a root. */
export function findProductionRoot(dir: string): string {
  const folders = [
    ...(process.env['WAYBILL_SHARED'] === undefined ? [] : [process.env['WAYBILL_SHARED']]),
    join(dir, '../../..'),
    join(import.meta.dirname, '../../../shared'),
  ];
  const paths = folders.map((folder) => join(folder, PRODUCTION_ROOT));
  return paths.find((path) => existsSync(path)) ?? (paths[0] as string);
}

function runCase(dir: string, name: string, production: string): CaseResult[] {
  const at = (file: string): string => join(dir, name, file);
  const artifact = readFileSync(existsSync(at('artifact')) ? at('artifact') : defaultArtifact(dir));
  const rootFile = existsSync(at('trusted_root.json')) ? at('trusted_root.json') : production;
  const verify = (about: Artifact): void => {
    const bundle = parseBundle(readFileSync(at('bundle.sigstore.json')));
    verifyBundle(bundle, {
      trustedRoot: readRoot(rootFile),
      expectations: expectationsOf(at),
      artifact: about,
    });
  };
  const byPath = judge(`${name} PATH`, name, () => verify(artifact));
  const peer = sigstoreJsVerdict({
    bundle: readFileSync(at('bundle.sigstore.json'), 'utf8'),
    trustedRoot: readFileSync(rootFile, 'utf8'),
    artifact,
    key: existsSync(at('key.pub')) ? readFileSync(at('key.pub'), 'utf8') : null,
    signer: existsSync(at('key.pub')) ? null : signerOf(at),
  });
  const accepted = byPath.ok !== name.endsWith('_fail');
  return [
    { ...byPath, compared: { accepted, peer } },
    judge(`${name} DIGEST`, name, () => verify(digestOf(artifact))),
  ];
}

function defaultArtifact(dir: string): string {
  const inside = join(dir, 'a.txt');
  return existsSync(inside) ? inside : join(dir, '../a.txt');
}

function expectationsOf(at: (file: string) => string): Expectations {
  if (!existsSync(at('key.pub'))) return { type: 'identity', ...signerOf(at) };
  return { type: 'key', publicKey: publicKeyFrom(readFileSync(at('key.pub'), 'utf8').trim()) };
}

function signerOf(at: (file: string) => string): { readonly issuer: string; readonly subject: string } {
  const text = (file: string, otherwise: string): string =>
    existsSync(at(file)) ? readFileSync(at(file), 'utf8').trim() : otherwise;
  return { issuer: text('issuer', DEFAULT_ISSUER), subject: text('identity', DEFAULT_IDENTITY) };
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

const roots = new Map<string, TrustedRoot>();

function readRoot(path: string): TrustedRoot {
  const root = roots.get(path) ?? parseTrustedRoot(readFileSync(path));
  roots.set(path, root);
  return root;
}
