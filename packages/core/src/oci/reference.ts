import { type Digest, isDigest, parseDigest } from '../digest/index.ts';
import { CodedError } from '../errors.ts';

/** `host[:port]/repository[:tag][@digest]`. At least one of tag and digest is there. */
export interface Reference {
  /** Host with its port, as it is dialled: `127.0.0.1:7070`, `[::1]:5000`, `registry.example.org`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** Longest repository name: clients refuse host and name over 255 characters together (distribution-spec "Pull"). */
export const MAX_REPOSITORY_LENGTH = 229;

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY_PATTERN = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG_PATTERN = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const REGISTRY_PATTERN = new RegExp(
  `^(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9a-fA-F:.]{2,45}\\])(?::[0-9]{1,5})?$`,
);

/** distribution-spec `<name>`; such a name cannot hold `..`, an empty segment or an escape. */
export function isRepository(text: string): boolean {
  // The length first: the pattern backtracks over long runs of one character.
  return text.length <= MAX_REPOSITORY_LENGTH && REPOSITORY_PATTERN.test(text);
}

/** distribution-spec `<tag>`. */
export function isTag(text: string): boolean {
  return TAG_PATTERN.test(text);
}

/** `host[:port]`: a name, an IPv4 address or an IPv6 address in brackets. */
export function isRegistry(text: string): boolean {
  return text.length <= 255 && REGISTRY_PATTERN.test(text);
}

/** Throws `oci_repository_invalid`. */
export function parseRepository(text: string, what = 'repository'): string {
  if (isRepository(text)) return text;
  throw new CodedError(
    'oci_repository_invalid',
    `${what}: expected lower-case path segments such as org/project/image (at most ${MAX_REPOSITORY_LENGTH} characters), found ${shown(text)}`,
  );
}

/** Throws `oci_tag_invalid`. */
export function parseTag(text: string, what = 'tag'): string {
  if (isTag(text)) return text;
  throw new CodedError(
    'oci_tag_invalid',
    `${what}: expected letters, digits, ".", "_" and "-" (at most 128 characters, not starting with "." or "-"), found ${shown(text)}`,
  );
}

/**
 * The last part of a manifest's URL: a digest when it holds a colon, else a tag.
 * Throws `digest_invalid` or `oci_tag_invalid`.
 */
export function parseTagOrDigest(
  text: string,
): { readonly type: 'tag'; readonly tag: string } | { readonly type: 'digest'; readonly digest: Digest } {
  return text.includes(':')
    ? { type: 'digest', digest: parseDigest(text) }
    : { type: 'tag', tag: parseTag(text) };
}

/**
 * Parses a full reference. The host must be written out (a dot, a port or `localhost`): nothing is completed
 * to a public registry, and a missing tag is not taken for `latest`.
 * Throws `oci_reference_invalid`.
 */
export function parseReference(text: string): Reference {
  const slash = text.indexOf('/');
  const registry = text.slice(0, Math.max(slash, 0));
  if (!isRegistry(registry) || !looksLikeHost(registry)) {
    throw invalid(
      text,
      'it must start with the registry host, such as registry.example.org/ or localhost:7070/',
    );
  }
  const { name, tag, digest } = splitName(text.slice(slash + 1));
  if (!isRepository(name)) throw invalid(text, `${shown(name)} is no repository name`);
  if (tag !== undefined && !isTag(tag)) throw invalid(text, `${shown(tag)} is no tag`);
  if (digest !== undefined && !isDigest(digest)) throw invalid(text, `${shown(digest)} is no digest`);
  if (tag === undefined && digest === undefined) throw invalid(text, 'add a :tag or a @sha256:… digest');
  return {
    registry,
    repository: name,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The text that `parseReference` reads back. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}

function splitName(rest: string): { name: string; tag: string | undefined; digest: string | undefined } {
  const at = rest.indexOf('@');
  const digest = at < 0 ? undefined : rest.slice(at + 1);
  const named = at < 0 ? rest : rest.slice(0, at);
  const colon = named.lastIndexOf(':');
  if (colon < 0) return { name: named, tag: undefined, digest };
  return { name: named.slice(0, colon), tag: named.slice(colon + 1), digest };
}

function looksLikeHost(registry: string): boolean {
  return registry === 'localhost' || /[.:]/.test(registry);
}

function invalid(text: string, why: string): CodedError<'oci_reference_invalid'> {
  return new CodedError(
    'oci_reference_invalid',
    `reference ${shown(text)}: expected host[:port]/repository[:tag][@digest]; ${why}`,
  );
}

function shown(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
