import { readFile } from 'node:fs/promises';
import { type Client, createClient } from '@waybill/api/client';
import { connect, getManifest } from '@waybill/clients/oci';
import { Secret } from '@waybill/core';
import { digestOf } from '@waybill/core/digest';
import type { RunMaterial } from '@waybill/core/intoto';
import { parseReference } from '@waybill/core/oci';
import { type Attester, startAttester, stringMaterial } from '@waybill/testkit';
import type { Build } from './build.ts';

interface Stage {
  readonly url: string;
  /** With the owner's token the cheats get as far as they can: nobody may do more. */
  readonly ownerToken: Secret<string>;
  readonly build: Build & { readonly image: string };
  readonly say: (line: string) => void;
}

interface Attempt {
  readonly attester: Attester;
  readonly materials: readonly RunMaterial[];
  readonly stage: Stage;
}

/** What is done, the step that must refuse it, and the bundle that is pushed. */
const CHEATS: readonly {
  readonly title: string;
  readonly step: string;
  readonly bundle: (attempt: Attempt) => Promise<string>;
}[] = [
  {
    title: 'the SBOM is changed after it was recorded',
    step: 'materials',
    bundle: async ({ attester, materials, stage }) => {
      const changed = Buffer.from(
        (await readFile(stage.build.sbom, 'utf8')).replaceAll('MIT', 'GPL-3.0-only'),
      );
      return attester.sign(
        attester.predicate(
          materials.map((material) =>
            material.name === 'sbom'
              ? { ...material, digest: digestOf(changed), sizeBytes: changed.length }
              : material,
          ),
        ),
      );
    },
  },
  {
    title: 'another workflow signs',
    step: 'signer',
    bundle: ({ attester, materials, stage }) =>
      attester.sign(attester.predicate(materials), {
        type: 'workflow',
        token: stage.ownerToken,
        project: 'cli',
        workflow: 'nightly',
      }),
  },
  {
    title: 'the test report is left out',
    step: 'contract',
    bundle: ({ attester, materials }) =>
      attester.sign(attester.predicate(materials.filter(({ name }) => name !== 'tests'))),
  },
  {
    title: 'a dependency comes under a banned licence',
    step: 'policies',
    bundle: async ({ attester, materials, stage }) => {
      const sbom = await readFile(stage.build.sbom, 'utf8');
      const banned = await attester.record(
        'sbom',
        'SBOM_CYCLONEDX_JSON',
        Buffer.from(sbom.replace('"MIT"', '"AGPL-3.0-only"')),
      );
      return attester.sign(attester.predicate([...materials.filter(({ name }) => name !== 'sbom'), banned]));
    },
  },
];

/** Step 7: each cheat is signed, pushed and must be judged FAILED by the step that is there for it. */
export async function cheat(stage: Stage): Promise<void> {
  const client = createClient({ url: stage.url, token: stage.ownerToken });
  for (const { title, step, bundle } of CHEATS) {
    const attester = await startAttester({
      client,
      token: stage.ownerToken,
      project: 'cli',
      workflow: 'release',
    });
    const materials = await recordAll(attester, stage);
    const finding = await push(client, attester, await bundle({ attester, materials, stage }));
    if (finding.step !== step) {
      throw new Error(`cheat "${title}": the step ${finding.step} refused it, expected ${step}`);
    }
    stage.say(`${title}: FAILED at the step "${finding.step}"`);
    stage.say(`  ${finding.message}`);
  }
}

async function recordAll(attester: Attester, { build, ownerToken }: Stage): Promise<readonly RunMaterial[]> {
  const record = async (name: string, kind: string, path: string, output = false): Promise<RunMaterial> =>
    attester.record(name, kind, await readFile(path), output);
  return [
    await imageMaterial(build.image, ownerToken),
    await record('program', 'ARTIFACT', build.program, true),
    await record('sbom', 'SBOM_CYCLONEDX_JSON', build.sbom),
    await record('tests', 'JUNIT_XML', build.tests),
    stringMaterial('version', build.version),
  ];
}

async function imageMaterial(text: string, token: Secret<string>): Promise<RunMaterial> {
  const reference = parseReference(text);
  const registry = connect(reference.registry, { credentials: { username: 'demo', password: token } });
  const { descriptor } = await getManifest(registry, reference);
  return {
    name: 'image',
    kind: 'CONTAINER_IMAGE',
    digest: descriptor.digest,
    sizeBytes: descriptor.sizeBytes,
    reference: text,
    output: true,
    annotations: {},
  };
}

async function push(client: Client, attester: Attester, bundle: string) {
  const receipt = await client.pushAttestation(attester.run.id, bundle);
  const [finding] = receipt.findings;
  if (receipt.result !== 'FAILED' || finding === undefined) {
    throw new Error(`the server judged a cheat ${receipt.result}`);
  }
  return finding;
}
