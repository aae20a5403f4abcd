import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IdentityDeps, RegistryAction } from '../../identity/index.ts';
import type { Caller } from '../access.ts';
import type { RegistryDeps } from '../deps.ts';
import type { At } from '../queries.ts';

export interface RegistryRoutesDeps {
  readonly registry: RegistryDeps;
  readonly identity: IdentityDeps;
  /** Origin of this server without a trailing slash. */
  readonly publicUrl: string;
}

/** One authenticated and authorized request about a repository. */
export interface Call {
  readonly deps: RegistryDeps;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller: Caller;
  readonly at: At;
  readonly query: URLSearchParams;
  /** The last part of the path: a digest, tag or session id; empty where there is none. */
  readonly last: string;
}

export interface Endpoint {
  readonly action: RegistryAction;
  readonly handle: (call: Call) => Promise<FastifyReply>;
}

/** The kinds of URL below `/v2/<name>/`. */
export type Kind = 'uploads' | 'upload' | 'blob' | 'manifest' | 'tags' | 'referrers';

export type Endpoints = Readonly<Record<string, Endpoint>>;

export interface SplitPath {
  readonly kind: Kind;
  readonly repository: string;
  readonly last: string;
}

// The name is greedy: a repository may itself be called `blobs` or `manifests`.
const PATH =
  /^\/v2\/(?<name>.+)\/(?:(?<uploads>blobs\/uploads\/?)|blobs\/uploads\/(?<upload>[^/]+)|blobs\/(?<blob>[^/]+)|manifests\/(?<manifest>[^/]+)|(?<tags>tags\/list)|referrers\/(?<referrers>[^/]+))$/;

const LAST_KINDS = ['upload', 'blob', 'manifest', 'referrers'] as const;

/**
 * `/v2/<name>/…` split by one regular expression (Fastify's parameters do not span slashes); null when it is no
 * path of the specification. The name is taken as it was sent: an escape in it is no repository name.
 */
export function splitPath(url: string): SplitPath | null {
  const groups = PATH.exec(pathOf(url))?.groups;
  if (groups === undefined) return null;
  const repository = groups['name'] ?? '';
  if (groups['uploads'] !== undefined) return { kind: 'uploads', repository, last: '' };
  if (groups['tags'] !== undefined) return { kind: 'tags', repository, last: '' };
  for (const kind of LAST_KINDS) {
    const last = groups[kind];
    if (last !== undefined) return { kind, repository, last: unescaped(last) };
  }
  return null;
}

export function queryOf(url: string): URLSearchParams {
  const mark = url.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
}

function pathOf(url: string): string {
  const mark = url.indexOf('?');
  return mark < 0 ? url : url.slice(0, mark);
}

// Some clients escape the colon of a digest.
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A broken escape names nothing: whoever reads it refuses it as digest, tag or session id.
    return text;
  }
}
