import { type Json, quoted } from '../bytes/index.ts';
import type { BuilderExpectation } from './builders.ts';
import { slsaError } from './errors.ts';

export type RefExpectation =
  | { readonly type: 'branch'; readonly name: string }
  | { readonly type: 'tag'; readonly name: string }
  /** As many parts of a version as it has: `v1` takes v1.4.2, `v1.4` takes v1.4.2, and no pre-release. */
  | { readonly type: 'versioned-tag'; readonly name: string };

/** What a build must have been. All of it is asked for: an absent expectation is written out. */
export interface ProvenanceExpectations {
  /** `github.com/owner/repository`, with `https://` or `git+https://` before it, if you like. */
  readonly sourceUri: string;
  /** All of them must hold. */
  readonly refs: readonly RefExpectation[];
  readonly builder: BuilderExpectation;
  /** Inputs of a started workflow, as text. */
  readonly workflowInputs: Readonly<Record<string, string>>;
}

/** `https://github.com/owner/repository`. Throws `slsa_source`. */
export function repositoryOf(sourceUri: string): string {
  const bare = sourceUri.replace(/^git\+/, '').replace(/^https:\/\//, '');
  if (/^github\.com\/[^/@\s]+\/[^/@\s]+$/.test(bare)) return `https://${bare}`;
  throw slsaError(
    'slsa_source',
    `source: expected github.com/OWNER/REPOSITORY without a ref, found ${quoted(sourceUri)}`,
  );
}

/** `ref` is what the certificate says; `branch` that of a tag, where a builder whom one can believe states it. */
export function checkRef(expected: RefExpectation, ref: string, branchOfTag: string | null): void {
  const tag = ref.startsWith('refs/tags/') ? ref.slice('refs/tags/'.length) : null;
  if (expected.type === 'branch') {
    const branch = tag === null ? ref : branchOfTag;
    if (branch === `refs/heads/${expected.name}`) return;
    throw slsaError('slsa_ref', `branch: expected ${quoted(expected.name)}, found ${quoted(branch ?? ref)}`);
  }
  if (tag === null)
    throw slsaError('slsa_ref', `tag: expected ${quoted(expected.name)}, found ${quoted(ref)}`);
  const fits = expected.type === 'tag' ? tag === expected.name : isVersion(tag, expected.name);
  if (!fits) throw slsaError('slsa_ref', `tag: expected ${quoted(expected.name)}, found ${quoted(tag)}`);
}

interface Version {
  /** As many as are written: major, minor, patch. */
  readonly parts: readonly string[];
  readonly preRelease: string;
}

/** The expected parts are those of the tag; parts that a tag leaves out are 0. Build metadata is no matter. */
function isVersion(tag: string, expected: string): boolean {
  const want = parseVersion(expected);
  const found = parseVersion(tag);
  if (!want)
    throw slsaError('slsa_ref', `versioned tag: expected v1, v1.2 or v1.2.3, found ${quoted(expected)}`);
  if (!found || found.preRelease !== want.preRelease) return false;
  return want.parts.every((part, index) => part === (found.parts[index] ?? '0'));
}

const NUMBER = '(0|[1-9][0-9]*)';
const VERSION = new RegExp(
  `^v${NUMBER}(?:\\.${NUMBER}(?:\\.${NUMBER}(-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?)?)?$`,
);

function parseVersion(text: string): Version | null {
  const match = VERSION.exec(text);
  if (!match) return null;
  const [, major, minor, patch, preRelease = ''] = match;
  return { parts: [major, minor, patch].filter((part) => part !== undefined), preRelease };
}

/** Throws `slsa_inputs`. `found` is null when the workflow was not started with inputs. */
export function checkInputs(
  expected: Readonly<Record<string, string>>,
  found: Readonly<Record<string, Json>> | null,
): void {
  for (const [name, value] of Object.entries(expected)) {
    if (found === null) {
      throw slsaError(
        'slsa_inputs',
        'inputs: expected a started workflow (workflow_dispatch), found another event',
      );
    }
    const given = Object.hasOwn(found, name) ? found[name] : undefined;
    const text = typeof given === 'string' ? given : given === undefined ? undefined : JSON.stringify(given);
    if (text !== value) {
      throw slsaError(
        'slsa_inputs',
        `input ${quoted(name)}: expected ${quoted(value)}, found ${text === undefined ? 'none' : quoted(text)}`,
      );
    }
  }
}
