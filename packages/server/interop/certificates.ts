import { parseBundle } from '@waybill/core/bundle';
import { parseTrustedRoot } from '@waybill/core/trust';
import { formatPem } from '@waybill/core/x509';
import type { Place } from './place.ts';

/** PEM files in the place: `leaf`, `intermediate`, `root`, and of the timestamp authority `tsa`, `tsa-chain`, `tsa-root`. */
export async function writeCertificates(place: Place): Promise<void> {
  await place.waybill('sign', 'artifact', '--project', 'demo', '--workflow', 'build');
  const { verificationMaterial } = parseBundle(await place.read('artifact.sigstore.json'));
  if (verificationMaterial.type !== 'certificate') throw new Error('signed without a certificate');
  const { certificateAuthorities, timestampAuthorities } = parseTrustedRoot(await place.read('root.json'));
  const chainOf = (authority: (typeof certificateAuthorities)[number] | undefined) =>
    (authority?.certificates ?? []).map(({ der }) => formatPem('CERTIFICATE', der));
  const [intermediate = '', root = ''] = chainOf(certificateAuthorities[0]);
  const stamping = chainOf(timestampAuthorities[0]);
  await place.write('leaf.pem', formatPem('CERTIFICATE', verificationMaterial.der));
  await place.write('intermediate.pem', intermediate);
  await place.write('root.pem', root);
  await place.write('tsa.pem', stamping[0] ?? '');
  await place.write('tsa-chain.pem', stamping.slice(0, -1).join(''));
  await place.write('tsa-root.pem', stamping.at(-1) ?? '');
}
