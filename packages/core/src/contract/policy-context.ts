/** What a policy sees beside the evidence, wherever it is evaluated. */
import { type Json, toBase64, utf8 } from '../bytes/index.ts';
import { hexOf } from '../digest/index.ts';
import type { RunMaterial, RunPredicate, Subject } from '../intoto/index.ts';

export interface PolicyRunFacts extends Pick<RunPredicate, 'run' | 'runner'> {
  /** What the run gives. */
  readonly subjects: readonly Subject[];
  /** Who has signed, once that is proven: before, policies see nobody. */
  readonly signer?: Json;
}

/** What the evidence itself cannot say: its name in the run, who signed, what the run gives. */
export function policyContext(
  { run, runner, subjects, signer }: PolicyRunFacts,
  material: RunMaterial | null,
): Readonly<Record<string, Json>> {
  return {
    waybill: {
      ...(signer === undefined ? {} : { signer }),
      run: { ...run },
      runner: { ...runner },
      subjects: subjects.map(({ name, digest }) => ({ name, digest: { ...digest } })),
    },
    ...(material === null ? {} : { chainloop_metadata: materialDescriptor(material, run.project) }),
  };
}

/** As Chainloop's policies get it: an in-toto descriptor. */
export function materialDescriptor(material: RunMaterial, project: string): Json {
  const { name, kind, digest, filename, reference, value, annotations } = material;
  return {
    name: reference ?? filename ?? name,
    digest: { sha256: hexOf(digest) },
    project_name: project,
    annotations: {
      ...annotations,
      'chainloop.material.name': name,
      'chainloop.material.type': kind,
    },
    ...(value === undefined ? {} : { content: toBase64(utf8(value)) }),
  };
}
