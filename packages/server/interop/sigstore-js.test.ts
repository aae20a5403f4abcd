import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { bundleFromJSON, bundleToJSON } from '@sigstore/bundle';
import { SigningConfig, TrustedRoot } from '@sigstore/protobuf-specs';
import { bundleBuilderFromSigningConfig } from '@sigstore/sign';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { IN_TOTO_PAYLOAD_TYPE } from '@waybill/core/dsse';
import sigstore from 'sigstore';
import { CLIENTS } from './clients.ts';
import { openPlace, type Place } from './place.ts';

let place: Place;
before(async () => {
  place = await openPlace();
});
after(() => place.close());

const json = async (name: string): Promise<unknown> => JSON.parse((await place.read(name)).toString());

/** As its users sign: default timeouts, and a signing config that says all the rest. */
async function sign(
  bundleType: 'messageSignature' | 'dsseEnvelope',
  data: Buffer,
  type?: string,
): Promise<string> {
  const token = (await place.read('token')).toString();
  const builder = bundleBuilderFromSigningConfig({
    signingConfig: SigningConfig.fromJSON(await json('config.json')),
    identityProvider: { getToken: () => Promise.resolve(token) },
    bundleType,
  });
  const bundle = await builder.create({ data, ...(type === undefined ? {} : { type }) });
  return JSON.stringify(bundleToJSON(bundle));
}

async function verify(bundle: string, artifact?: Buffer, identity = place.identity): Promise<void> {
  const material = toTrustMaterial(TrustedRoot.fromJSON(await json('root.json')));
  const verifier = new Verifier(material, { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 });
  verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(bundle)), artifact), {
    subjectAlternativeName: identity,
    extensions: { issuer: place.issuer },
  });
}

const whose = () => ['--certificate-identity', place.identity, '--certificate-oidc-issuer', place.issuer];

describe('npm sigstore', () => {
  it('is the version that the page names', () => {
    const require = createRequire(import.meta.url);
    const versionOf = (name: string) => {
      const file = require.resolve(`${name}/package.json`);
      return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
    };
    const { name, version } = CLIENTS['sigstore-js.test.ts'] ?? {};
    assert.equal(version, `${versionOf('@sigstore/sign')} and ${versionOf('@sigstore/verify')}`);
    assert.match(name ?? '', new RegExp(versionOf('sigstore')));
  });

  it('signs a message and verifies it, for this identity only; waybill verifies it too', async () => {
    const artifact = await place.read('artifact');
    const bundle = await sign('messageSignature', artifact);
    await verify(bundle, artifact);
    await assert.rejects(verify(bundle, artifact, `${place.identity}2`), /certificate identity/);
    await place.write('message.json', bundle);
    await place.waybill('verify', 'artifact', '--bundle', 'message.json', ...whose());
  });

  it('signs a DSSE envelope, by the older request, and verifies it; waybill verifies it too', async () => {
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'a', digest: { sha256: 'a'.repeat(64) } }],
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {},
    };
    const bundle = await sign('dsseEnvelope', Buffer.from(JSON.stringify(statement)), IN_TOTO_PAYLOAD_TYPE);
    await verify(bundle);
    await place.write('dsse.json', bundle);
    await place.waybill('verify', `sha256:${'a'.repeat(64)}`, '--bundle', 'dsse.json', ...whose());
  });

  it('signs by `sigstore.sign` with two URLs alone: certificate and timestamp, as it writes Rekor v1 only', async () => {
    const artifact = await place.read('artifact');
    const { url } = place.world;
    const identityToken = (await place.read('token')).toString();
    const bundle = await sigstore.sign(artifact, {
      fulcioURL: url,
      tsaServerURL: url,
      identityToken,
      tlogUpload: false,
    });
    const material = toTrustMaterial(TrustedRoot.fromJSON(await json('root.json')));
    const verifier = new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 1, timestampThreshold: 1 });
    const { identity } = verifier.verify(toSignedEntity(bundleFromJSON(bundle), artifact));
    assert.equal(identity?.subjectAlternativeName, place.identity);
  });

  it('verifies what waybill sign and attest-blob wrote', async () => {
    const as = ['--project', 'demo', '--workflow', 'build'];
    await place.write('predicate.json', '{}');
    await place.waybill('sign', 'artifact', ...as);
    await verify((await place.read('artifact.sigstore.json')).toString(), await place.read('artifact'));
    const stated = ['--predicate', 'predicate.json', '--type', 'slsaprovenance1'];
    await place.waybill('attest-blob', 'artifact', ...stated, '--bundle', 'att.json', ...as);
    await verify((await place.read('att.json')).toString());
  });
});
