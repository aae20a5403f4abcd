import { quoted } from '../bytes/index.ts';
import {
  type Contract,
  MATCH_MODES,
  type MatchMode,
  type PolicyAttachment,
  type PolicyGroupAttachment,
} from './contract.ts';
import type { DocNode, DocObject } from './doc-node.ts';

const ATTACHMENT_KEYS = ['ref', 'embedded', 'selector', 'disabled', 'with', 'requirements', 'gate'];
/** `[organization/]framework/requirement[@version]`. */
export const REQUIREMENT = /^([a-z0-9-]+\/)?([^\s/]+\/)([^\s@/]+)(@[^\s@]+)?$/;
const LABEL = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const PROVIDER_REF = new RegExp(`^(?:chainloop://)?(?:${LABEL}:)?(?:${LABEL}/)?${LABEL}$`);

export function readPolicies(node: DocNode | undefined): Contract['policies'] {
  const object = node?.asObject(['materials', 'attestation']);
  return {
    materials: readAttachments(object?.list('materials') ?? []),
    attestation: readAttachments(object?.list('attestation') ?? []),
  };
}

function readAttachments(nodes: readonly DocNode[]): readonly PolicyAttachment[] {
  return nodes.flatMap((node) => {
    const object = node.asObject(ATTACHMENT_KEYS);
    return object === undefined ? [] : readAttachment(object);
  });
}

function readAttachment(object: DocObject): PolicyAttachment {
  const [ref, embedded] = [object.get('ref'), object.get('embedded')];
  if ((ref === undefined) === (embedded === undefined)) {
    object.self.error(
      `expected exactly one of "ref" and "embedded", found ${ref === undefined ? 'neither' : 'both'}`,
    );
  }
  if (embedded?.asObject(['apiVersion', 'kind', 'metadata', 'spec'])?.text('kind') === '') {
    embedded.error('expected a policy document with "kind: Policy"');
  }
  return {
    ref: ref === undefined ? null : readReference(ref),
    embedded: embedded?.asJson() ?? null,
    selector: readSelector(object.get('selector')),
    disabled: object.boolean('disabled'),
    with: object.textMap('with'),
    requirements: readRequirements(object),
    gate: object.optionalBoolean('gate'),
  };
}

/** `file://` or `http(s)://` with a file extension, or `[chainloop://][provider:][organization/]name`; `@sha256:…` may end it. */
function readReference(node: DocNode): string | null {
  const ref = node.asText();
  if (ref === undefined) return null;
  const pin = ref.lastIndexOf('@sha256:');
  if (pin >= 0 && !/^@sha256:[0-9a-f]{64}$/.test(ref.slice(pin))) {
    node.error('expected @sha256: and 64 lower-case hex digits at the end of the reference');
  }
  const name = pin < 0 ? ref : ref.slice(0, pin);
  const isFile = /^(?:file|https?):\/\//.test(name);
  const fits = isFile ? /[^/]\.[A-Za-z0-9]+$/.test(name) : name.length < 500 && PROVIDER_REF.test(name);
  if (!fits) {
    const expected = isFile ? 'a path with a file extension' : 'file://…, https://… or [organization/]name';
    node.error(`expected ${expected}, found ${quoted(ref)}`);
  }
  return ref;
}

function readSelector(node: DocNode | undefined): PolicyAttachment['selector'] {
  const object = node?.asObject(['name', 'matchMode']);
  if (object === undefined) return null;
  return { name: object.text('name'), matchMode: readMatchMode(object.get('matchMode')) };
}

function readMatchMode(node: DocNode | undefined): MatchMode {
  if (node === undefined) return 'UNSPECIFIED';
  const text = node.integer === undefined ? node.asText() : MATCH_MODES[node.integer];
  const found = MATCH_MODES.find((mode) => mode === text);
  if (found === undefined) node.error(`expected one of ${MATCH_MODES.join(', ')}, found ${node.describe()}`);
  return found ?? 'UNSPECIFIED';
}

function readRequirements(object: DocObject): readonly string[] {
  return object.list('requirements').flatMap((node) => {
    const text = node.asText();
    if (text === undefined) return [];
    if (text.length > 500 || !REQUIREMENT.test(text)) {
      node.error(`expected [organization/]framework/requirement[@version], found ${quoted(text)}`);
    }
    return text;
  });
}

export function readGroups(nodes: readonly DocNode[]): readonly PolicyGroupAttachment[] {
  return nodes.flatMap((node) => {
    const object = node.asObject(['ref', 'with', 'skip', 'gate']);
    const ref = object?.requiredText('ref');
    if (object === undefined || ref === undefined) return [];
    return {
      ref,
      with: object.textMap('with'),
      skip: object.texts('skip'),
      gate: object.optionalBoolean('gate'),
    };
  });
}
