import assert from 'node:assert/strict';
import type { Receipt } from '@waybill/api';
import type { Client } from '@waybill/api/client';
import { isCoded, type Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { startAttester } from '@waybill/testkit';

export const AT = { project: 'torture', workflow: 'build' };
const PIPELINES = 6;

/** An attestation that was sent, and the receipt if one came. */
export interface Order {
  readonly runId: string;
  readonly bundle: string;
  receipt: Receipt | null;
}

export interface Load {
  /** Resolves when the first bundle is being sent, or nothing is sent any more. */
  readonly pushing: Promise<unknown>;
  /** Everything sent, once every pipeline has lost its server. */
  readonly settled: Promise<readonly Order[]>;
}

/** Pipelines that start runs, upload, sign and push as fast as they can, until the server is gone. */
export function startLoad(
  given: { readonly client: Client; readonly token: Secret<string> },
  round: string,
  onReceipt: (receipt: Receipt) => void,
): Load {
  const orders: Order[] = [];
  const first = Promise.withResolvers<void>();
  const pipeline = async (number: number): Promise<void> => {
    for (let turn = 0; ; turn++) {
      const order = await prepare(given, `${round}, pipeline ${number}, turn ${turn}`);
      orders.push(order);
      first.resolve();
      order.receipt = await given.client.pushAttestation(order.runId, order.bundle);
      assert.equal(order.receipt.result, 'PASSED');
      onReceipt(order.receipt);
    }
  };
  const untilCutOff = async (number: number): Promise<void> => {
    try {
      await pipeline(number);
    } catch (error) {
      if (!isCutOff(error)) throw error;
    }
  };
  const all = Promise.all(Array.from({ length: PIPELINES }, (_, number) => untilCutOff(number)));
  return { pushing: Promise.race([first.promise, all]), settled: all.then(() => orders) };
}

async function prepare(
  { client, token }: { readonly client: Client; readonly token: Secret<string> },
  text: string,
): Promise<Order> {
  const attester = await startAttester({ client, token, ...AT });
  const materials = [await attester.record('program', 'ARTIFACT', utf8(text), true)];
  const bundle = await attester.sign(attester.predicate(materials));
  return { runId: attester.run.id, bundle, receipt: null };
}

const UNREACHABLE = [
  'client_unreachable',
  'oci_client_unavailable',
  'oidc_unreachable',
  'sigstore_unreachable',
] as const;

/** What a client may be told while its server dies: nothing, half an answer, or to try again. */
function isCutOff(error: unknown): boolean {
  if (isCoded(error)) return isCoded(error, ...UNREACHABLE) || error.detail['status'] === 503;
  // fetch() whose answer breaks off in its body.
  return error instanceof TypeError;
}
