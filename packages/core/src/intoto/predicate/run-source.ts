import type { Fields } from '../../bytes/index.ts';

/** The commit that was checked out, as the tenant states it. */
export interface RunSource {
  /** Object id: SHA-1 or, in repositories of that kind, SHA-256. */
  readonly commit: string;
  readonly author: { readonly name: string; readonly email: string };
  /** RFC 3339, of the author. */
  readonly date: string;
  readonly message: string;
  /** Without credentials. */
  readonly remotes: readonly { readonly name: string; readonly url: string }[];
  /** As it stands in the commit: PGP, SSH or X.509. Nobody has verified it. */
  readonly signature?: string;
}

/** A pull or merge request that the run is about, as the CI system states it. */
export interface RunChange {
  /** Number in its repository. */
  readonly id: string;
  readonly title?: string;
  readonly sourceBranch?: string;
  readonly targetBranch?: string;
  readonly url?: string;
}

/** Throws `shape_invalid`. */
export function parseRunSource(fields: Fields): RunSource {
  const author = fields.object('author');
  const signature = fields.optionalString('signature');
  return {
    commit: fields.string('commit'),
    author: { name: author.string('name'), email: author.string('email') },
    date: fields.string('date'),
    message: fields.string('message'),
    remotes: fields
      .objects('remotes')
      .map((remote) => ({ name: remote.string('name'), url: remote.string('url') })),
    ...(signature === undefined ? {} : { signature }),
  };
}

/** Throws `shape_invalid`. */
export function parseRunChange(fields: Fields): RunChange {
  const title = fields.optionalString('title');
  const sourceBranch = fields.optionalString('sourceBranch');
  const targetBranch = fields.optionalString('targetBranch');
  const url = fields.optionalString('url');
  return {
    id: fields.string('id'),
    ...(title === undefined ? {} : { title }),
    ...(sourceBranch === undefined ? {} : { sourceBranch }),
    ...(targetBranch === undefined ? {} : { targetBranch }),
    ...(url === undefined ? {} : { url }),
  };
}
