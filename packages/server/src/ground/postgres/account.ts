import { readFileSync, realpathSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { CodedError } from '@waybill/core';

/** The operating-system account that PostgreSQL runs as. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** True when it is not the account of this process, so that a child must be started under it. */
  readonly other: boolean;
}

const CANDIDATES = ['waybill', 'postgres', 'nobody'];

/**
 * Ourselves, or, as PostgreSQL refuses root, the owner of an existing cluster, else the first of
 * `waybill`, `postgres`, `nobody` that /etc/passwd knows (a bare uid is not enough for PostgreSQL).
 */
export function postgresAccount(existingCluster: string | null): Account {
  const self = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  const owner = existingCluster === null ? undefined : statSync(existingCluster).uid;
  if (self.uid !== 0) {
    if (owner !== undefined && owner !== self.uid) {
      throw new CodedError(
        'postgres_owner',
        `${existingCluster} belongs to user ${nameOf(owner)}, this process runs as ${nameOf(self.uid)}: start Waybill as ${nameOf(owner)} or as root, or choose another --data`,
      );
    }
    return { ...self, name: nameOf(self.uid), other: false };
  }
  const accounts = readAccounts();
  const found =
    accounts.find((account) => account.uid === owner && account.uid !== 0) ??
    CANDIDATES.map((name) => accounts.find((account) => account.name === name)).find((a) => a !== undefined);
  if (found === undefined) {
    throw new CodedError(
      'postgres_no_account',
      'PostgreSQL refuses to run as root and none of the users waybill, postgres, nobody exists: run `useradd --system waybill`, start Waybill as an ordinary user, or give WAYBILL_DATABASE_URL',
    );
  }
  return { ...found, other: true };
}

/** Throws `postgres_path_closed` naming the first directory on the way to `path` that the account cannot pass. */
export function assertReachable(path: string, account: Account): void {
  for (const directory of ancestors(realpathSync(path))) {
    if (canPass(directory, account)) continue;
    throw new CodedError(
      'postgres_path_closed',
      `PostgreSQL runs as user ${account.name}, which may not pass through ${directory}, so it cannot reach ${path}: choose another --data (for example /var/lib/waybill), or run \`chmod o+x ${directory}\``,
      { detail: { directory, user: account.name } },
    );
  }
}

/** The name under which PostgreSQL's peer authentication sees a connection of this process. */
export function ownName(): string {
  return nameOf(process.geteuid?.() ?? 0);
}

function canPass(directory: string, account: Account): boolean {
  const { mode, uid, gid } = statSync(directory);
  if (uid === account.uid) return (mode & 0o100) !== 0;
  return (mode & (gid === account.gid ? 0o010 : 0o001)) !== 0;
}

function ancestors(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...ancestors(parent), path];
}

function nameOf(uid: number): string {
  if (uid === process.geteuid?.()) {
    try {
      return userInfo().username;
    } catch {
      // A uid without a passwd entry (a container with a random user): PostgreSQL will say so itself.
      return String(uid);
    }
  }
  return readAccounts().find((account) => account.uid === uid)?.name ?? String(uid);
}

function readAccounts(): readonly { name: string; uid: number; gid: number }[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name, , uid, gid]) => ({ name: String(name), uid: Number(uid), gid: Number(gid) }));
}
