import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { toBase64 } from '@waybill/core/bytes';
import { ctMerkleTreeLeaf, parsePem, parseSctList, precertificateTbs, verifySct } from '@waybill/core/x509';
import type { Head } from './log-heads.ts';

const PIPELINES = 8;

/** A certificate that came, by what its SCT promises of the CT log. */
export interface Certified {
  /** base64 of the MerkleTreeLeaf. */
  readonly leaf: string;
  /** What the CT log showed right after; null when it was gone by then. */
  readonly head: Head | null;
}

export interface CertificateOrder {
  certified: Certified | null;
}

export interface CertificateLoad {
  /** Everything asked for, once every pipeline has lost its server. */
  readonly settled: Promise<readonly CertificateOrder[]>;
}

/** Who asks, and by which key the CT log is known. */
export interface Asker {
  readonly url: string;
  readonly identity: { readonly token: string; readonly subject: string };
  readonly ctKey: KeyObject;
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Certificates asked for as Fulcio's clients do, one after the other in each pipeline, until the server is gone. */
export function startCertificateLoad(
  asker: Asker,
  onCertified: (certified: Certified) => void,
): CertificateLoad {
  const orders: CertificateOrder[] = [];
  const pipeline = async (): Promise<void> => {
    for (;;) {
      const order: CertificateOrder = { certified: null };
      orders.push(order);
      order.certified = await askForCertificate(asker);
      if (order.certified === null) return;
      onCertified(order.certified);
    }
  };
  const all = Promise.all(Array.from({ length: PIPELINES }, pipeline));
  return { settled: all.then(() => orders) };
}

/** null: no answer, or not now. */
export async function askForCertificate(asker: Asker): Promise<Certified | null> {
  const { url, identity } = asker;
  const body = JSON.stringify({
    credentials: { oidcIdentityToken: identity.token },
    publicKeyRequest: {
      publicKey: { algorithm: 'ECDSA', content: publicKey.export({ format: 'pem', type: 'spki' }) },
      proofOfPossession: toBase64(sign('sha256', Buffer.from(identity.subject), privateKey)),
    },
  });
  const headers = { 'content-type': 'application/json' };
  const answer = await unlessGone(() =>
    fetch(`${url}/api/v2/signingCert`, { method: 'POST', headers, body }).then(textOf),
  );
  if (answer === null || answer.status === 503) return null;
  assert.equal(answer.status, 200, answer.text);
  const leaf = promisedLeaf(answer.text, asker.ctKey);
  return { leaf: toBase64(leaf), head: await unlessGone(() => readCtHead(url)) };
}

/** RFC 6962 §3.4: the entry that the SCT of the certificate is for. */
function promisedLeaf(answer: string, ctKey: KeyObject): Uint8Array {
  const { signedCertificateEmbeddedSct: issued } = JSON.parse(answer) as {
    readonly signedCertificateEmbeddedSct: { readonly chain: { readonly certificates: readonly string[] } };
  };
  const [certificate, issuer] = issued.chain.certificates.flatMap(parsePem);
  assert.ok(certificate && issuer);
  const [sct] = parseSctList(certificate);
  assert.ok(sct && verifySct(sct, certificate, issuer, ctKey), 'the SCT does not verify');
  return ctMerkleTreeLeaf({
    timestampMs: sct.timestamp.getTime(),
    issuerPublicKey: issuer.publicKey,
    tbs: precertificateTbs(certificate),
  });
}

/** RFC 6962 §4.3. */
export async function readCtHead(url: string): Promise<Head> {
  const { status, text } = await textOf(await fetch(`${url}/ct/v1/get-sth`));
  assert.equal(status, 200, text);
  const sth = JSON.parse(text) as { readonly tree_size: number; readonly sha256_root_hash: string };
  return { treeSize: sth.tree_size, rootHash: sth.sha256_root_hash };
}

async function textOf(response: Response): Promise<{ readonly status: number; readonly text: string }> {
  return { status: response.status, text: await response.text() };
}

async function unlessGone<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    // What fetch throws when there is nobody, or nobody any more.
    if (error instanceof TypeError) return null;
    throw error;
  }
}
