import type { StartedRun } from '@waybill/api';
import type { Client } from '@waybill/api/client';
import { connect, pushBlob } from '@waybill/clients/oci';
import { type SignAs, signStatement } from '@waybill/clients/sigstore';
import type { Secret } from '@waybill/core';
import { formatBundle } from '@waybill/core/bundle';
import { utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import { formatRunStatement, type RunMaterial, type RunPredicate } from '@waybill/core/intoto';

/** A pipeline without the command line and its checks: it can say whatever it likes. */
export interface Attester {
  readonly run: StartedRun;
  /** Uploads bytes into the run's repository and describes them truly. */
  record(name: string, kind: string, bytes: Uint8Array, output?: boolean): Promise<RunMaterial>;
  /** What an honest pipeline would state. */
  predicate(materials: readonly RunMaterial[], rest?: Partial<RunPredicate>): RunPredicate;
  /** The signed bundle as JSON; keyless as this workflow unless told. */
  sign(predicate: RunPredicate, as?: SignAs): Promise<string>;
}

export async function startAttester(options: {
  readonly client: Client;
  readonly token: Secret<string>;
  readonly project: string;
  readonly workflow: string;
}): Promise<Attester> {
  const { client, token, project, workflow } = options;
  const run = await client.startRun({ project, workflow });
  const { host } = new URL(client.url);
  const registry = connect(host, { credentials: { username: 'attester', password: token } });
  const itself: SignAs = { type: 'workflow', token, project, workflow };
  return {
    run,
    async record(name, kind, bytes, output = false) {
      await pushBlob(registry, run.repository, bytes);
      return {
        name,
        kind,
        digest: digestOf(bytes),
        sizeBytes: bytes.length,
        filename: `${name}.bin`,
        output,
        annotations: {},
      };
    },
    predicate: (materials, rest = {}) => ({
      run: {
        id: run.id,
        organization: run.organization,
        project,
        workflow,
        startedAt: run.startedAt,
        finishedAt: new Date().toISOString(),
      },
      contract: { ...run.contract, digest: run.contract.digest as RunPredicate['contract']['digest'] },
      runner: { type: 'GENERIC' },
      environment: {},
      annotations: {},
      materials,
      tool: { name: 'testkit', version: '0' },
      ...rest,
    }),
    sign: async (predicate, as = itself) =>
      formatBundle(await signStatement(client, as, () => formatRunStatement(predicate))),
  };
}

/** A STRING material, which states its own value. */
export function stringMaterial(name: string, value: string): RunMaterial {
  const bytes = utf8(value);
  return {
    name,
    kind: 'STRING',
    digest: digestOf(bytes),
    sizeBytes: bytes.length,
    value,
    output: false,
    annotations: {},
  };
}
