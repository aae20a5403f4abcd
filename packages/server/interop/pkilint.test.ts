import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { requirePeer } from '@waybill/testkit';
import { writeCertificates } from './certificates.ts';
import { CLIENTS } from './clients.ts';
import { openPlace, type Place } from './place.ts';

const pkilint = requirePeer('lint_pkix_cert');
const REQUIREMENTS = new URL('../../../tools/pkilint/requirements.txt', import.meta.url);

let place: Place;
before(async () => {
  place = await openPlace();
  await writeCertificates(place);
});
after(() => place.close());

/** Its exit code is the number of findings, so that any of them rejects. */
const lint = (name: string, severity: string) =>
  place.run(pkilint.path ?? '', ['lint', '--severity', severity, `${name}.pem`]);

describe('pkilint', { skip: pkilint.skip }, () => {
  it('is the version that the page names', () => {
    const { version } = CLIENTS['pkilint.test.ts'] ?? {};
    assert.match(readFileSync(REQUIREMENTS, 'utf8'), new RegExp(`^pkilint==${version} `, 'm'));
  });

  for (const name of ['leaf', 'intermediate', 'root', 'tsa', 'tsa-root']) {
    it(`finds nothing against RFC 5280 in the certificate \`${name}\``, async () => {
      assert.equal((await lint(name, 'NOTICE')).stdout.trim(), '');
      // A remark that is no finding shows that it read the certificate.
      await assert.rejects(lint(name, 'INFO'), (error: { readonly stdout?: string }) =>
        /subject_key_identifier_rfc7093_method_1_identified \(INFO\)/.test(error.stdout ?? ''),
      );
    });
  }
});
