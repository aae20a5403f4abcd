import { formatTrustedRoot, type TrustedRoot } from '@waybill/core/trust';
import type { Threads } from '../ground/index.ts';
import type { AttestationTasks, Examined } from './examine.ts';

/** Reads and verifies what strangers send, beside the thread that answers everybody. */
export interface Examiner {
  /** Throws what `parseEvidence` throws, and `thread_lost`. */
  examine(bundle: Uint8Array, trustedRoot: TrustedRoot): Promise<Examined>;
  /** Throws what `validateMaterial` throws, and `thread_lost`. */
  validate: (document: Parameters<AttestationTasks['validate']>[0]) => Promise<void>;
}

export function openExaminer(threads: Threads<AttestationTasks>): Examiner {
  const texts = new WeakMap<TrustedRoot, string>();
  const textOf = (root: TrustedRoot): string => {
    const text = texts.get(root) ?? formatTrustedRoot(root);
    texts.set(root, text);
    return text;
  };
  return Object.freeze({
    examine: (bundle: Uint8Array, trustedRoot: TrustedRoot) =>
      threads.run('examine', { bundle, trustedRoot: textOf(trustedRoot) }),
    validate: (document: Parameters<AttestationTasks['validate']>[0]) => threads.run('validate', document),
  });
}
