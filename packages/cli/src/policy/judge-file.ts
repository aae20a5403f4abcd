/** A policy document about one file: what `waybill policy eval --policy` does. */
import path from 'node:path';
import type { Json } from '@waybill/core/bytes';
import { materialDescriptor } from '@waybill/core/contract';
import { digestOf } from '@waybill/core/digest';
import { detectKind, parseKind } from '@waybill/core/material';
import { judge, POLICY_LIMITS, readPolicy } from '@waybill/core/policy';
import { toPlain } from '@waybill/rego';
import { loadPolicyEngine } from '@waybill/rego/policy-load';
import { parseAnnotations } from '../annotations.ts';
import { cliError } from '../exit.ts';
import { readNamed, readNamedBytes } from '../files.ts';
import { readEither } from './read-value.ts';
import type { Judged } from './verdict-text.ts';
import { withPrograms } from './with-programs.ts';

export interface FileQuestion {
  readonly policy: string;
  readonly material: string;
  /** Undefined: what the file's content says. */
  readonly kind: string | undefined;
  /** `KEY=VALUE`: what a contract gives under "with". */
  readonly with: readonly string[];
  /** `KEY=VALUE` */
  readonly annotations: readonly string[];
  readonly project: string;
}

const NS_PER_MS = 1_000_000n;

/** Throws `policy_invalid`, `policy_file`, `cli_file`, `material_…`. */
export async function judgeFile(cwd: string, question: FileQuestion): Promise<Judged> {
  const file = path.resolve(cwd, question.policy);
  const document = await readEither(await readNamed(file), question.policy);
  const beside = (name: string) => readNamed(path.resolve(path.dirname(file), name));
  const policy = readPolicy(await withPrograms(toPlain(document) as Json, beside));
  const bytes = await readNamedBytes(path.resolve(cwd, question.material));
  const filename = path.basename(question.material);
  const kind = question.kind === undefined ? detectKind(bytes, filename) : parseKind(question.kind);
  const material = {
    name: filename,
    kind,
    filename,
    digest: digestOf(bytes),
    sizeBytes: bytes.length,
    output: false,
    annotations: parseAnnotations(question.annotations),
  };
  const rego = await loadPolicyEngine(policy.scripts.map(({ source }) => source));
  const facts = {
    evidence: { kind, bytes },
    arguments: pairsOf(question.with),
    context: { chainloop_metadata: materialDescriptor(material, question.project) },
    nowNs: BigInt(Date.now()) * NS_PER_MS,
    limits: POLICY_LIMITS,
  };
  const verdict = judge(policy, facts, { rego });
  return { policy: policy.name, material: filename, enforced: true, verdict };
}

function pairsOf(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw cliError('usage_invalid', `--with must be KEY=VALUE, found ${JSON.stringify(text)}`);
    }),
  );
}
