import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { toBase64, utf8 } from '@waybill/core/bytes';
import { sha256, spkiOf } from '@waybill/core/crypto';

const PIPELINES = 16;

/** What the log has answered to an entry: where it stands, and under which tree. */
export interface Logged {
  /** base64 of the entry. */
  readonly body: string;
  readonly logIndex: number;
  readonly treeSize: number;
  /** base64 */
  readonly rootHash: string;
}

export interface LogOrder {
  readonly request: string;
  logged: Logged | null;
}

export interface LogLoad {
  /** Resolves with the first answer, or when none comes any more. */
  readonly answered: Promise<unknown>;
  /** Everything sent, once every pipeline has lost its server. */
  readonly settled: Promise<readonly LogOrder[]>;
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const RAW_KEY = toBase64(spkiOf(publicKey));

/** Signatures logged as Rekor's clients do, one after the other in each pipeline, until the server is gone. */
export function startLogLoad(url: string, round: string, onLogged: (logged: Logged) => void): LogLoad {
  const orders: LogOrder[] = [];
  const first = Promise.withResolvers<void>();
  const pipeline = async (number: number): Promise<void> => {
    for (let turn = 0; ; turn++) {
      const order: LogOrder = { request: requestFor(`${round} ${number} ${turn}`), logged: null };
      orders.push(order);
      const answer = await post(url, order.request);
      // Not now: the log lost its database, or is on its way down.
      if (answer === null || answer.status === 503) return;
      assert.equal(answer.status, 201, answer.text);
      order.logged = loggedIn(answer.text);
      onLogged(order.logged);
      first.resolve();
    }
  };
  const all = Promise.all(Array.from({ length: PIPELINES }, (_, number) => pipeline(number)));
  return { answered: Promise.race([first.promise, all]), settled: all.then(() => orders) };
}

/** The same entry again: taken now, or where it stood. */
export async function logAgain(url: string, { request, logged }: LogOrder): Promise<Logged | null> {
  const answer = await post(url, request);
  assert.ok(answer !== null, 'the server is gone again');
  if (answer.status === 201) {
    assert.equal(logged, null, 'an entry that was acknowledged is taken as a new one');
    return loggedIn(answer.text);
  }
  assert.equal(answer.status, 409, answer.text);
  if (logged !== null) assert.equal(answer.index, String(logged.logIndex));
  return null;
}

function requestFor(text: string): string {
  const message = utf8(text);
  const verifier = { publicKey: { rawBytes: RAW_KEY }, keyDetails: 'PKIX_ECDSA_P256_SHA_256' };
  const signature = { content: toBase64(sign('sha256', message, privateKey)), verifier };
  return JSON.stringify({ hashedRekordRequestV002: { digest: toBase64(sha256(message)), signature } });
}

function loggedIn(text: string): Logged {
  const { canonicalizedBody, logIndex, inclusionProof } = JSON.parse(text) as {
    readonly canonicalizedBody: string;
    readonly logIndex: string;
    readonly inclusionProof: { readonly treeSize: string; readonly rootHash: string };
  };
  const { treeSize, rootHash } = inclusionProof;
  return { body: canonicalizedBody, logIndex: Number(logIndex), treeSize: Number(treeSize), rootHash };
}

/** null: the connection broke before the whole answer was there. */
async function post(
  url: string,
  body: string,
): Promise<{ readonly status: number; readonly text: string; readonly index: string | null } | null> {
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/api/v2/log/entries`, { method: 'POST', headers, body });
    return {
      status: response.status,
      text: await response.text(),
      index: response.headers.get('x-log-index'),
    };
  } catch (error) {
    // What fetch throws when there is nobody, or nobody any more.
    if (error instanceof TypeError) return null;
    throw error;
  }
}
