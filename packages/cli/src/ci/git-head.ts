/** The commit that is checked out, as git says it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '@waybill/core';
import type { RunSource } from '@waybill/core/intoto';
import { withoutCredentials } from './without-credentials.ts';

const run = promisify(execFile);
const LIMITS = { timeout: 10_000, maxBuffer: 4 * 1024 * 1024, encoding: 'utf8' } as const;
const MAX_MESSAGE = 10_000;

/**
 * Null where there is no repository, no commit or no git; `refused` says why git told nothing about the one that is
 * there, such as an owner whom it does not trust.
 */
export type GitHead =
  | { readonly type: 'head'; readonly source: RunSource }
  | { readonly type: 'refused'; readonly reason: string }
  | null;

/**
 * Never rejects: a run is no worse for a commit that it does not state. `cat-file` and `config` run no hook, filter or
 * program that a repository could name.
 */
export async function gitHead(cwd: string, env: NodeJS.ProcessEnv): Promise<GitHead> {
  const git = async (...args: string[]): Promise<string> => {
    const quiet = { GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' };
    return (await run('git', args, { ...LIMITS, cwd, env: { ...env, ...quiet } })).stdout;
  };
  try {
    const commit = (await git('rev-parse', '--verify', '--quiet', 'HEAD^{commit}')).trim();
    const [text, remotes] = await Promise.all([
      git('cat-file', 'commit', commit),
      git('config', '-z', '--get-regexp', '^remote\\..*\\.url$').catch(none),
    ]);
    const read = parseCommit(text);
    if (read === null)
      return { type: 'refused', reason: `the commit ${commit} is not of a form that is known` };
    return { type: 'head', source: { commit, ...read, remotes: parseRemotes(remotes) } };
  } catch (error) {
    return withoutHead(error);
  }
}

/** What git exits with where a setting is not there. */
function none(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 1) return '';
  throw error;
}

function withoutHead(error: unknown): GitHead {
  const { stderr = '', code } = error as { readonly stderr?: string; readonly code?: unknown };
  const said = stderr.trim();
  const isAbsent = code === 'ENOENT' || code === 1;
  if (isAbsent || said.includes('not a git repository')) return null;
  return { type: 'refused', reason: said.split('\n')[0] || messageOf(error) };
}

/** A commit object as `git cat-file commit` writes it (gitformat-commit); null for another form. */
export function parseCommit(text: string): Omit<RunSource, 'commit' | 'remotes'> | null {
  const end = text.indexOf('\n\n');
  const head = end < 0 ? text : text.slice(0, end);
  const headers = unfolded(head);
  const author = /^(.*?) ?<([^<>\n]*)> (\d{1,12}) ([+-]\d{4})$/.exec(headers.get('author') ?? '');
  const [, name = '', email = '', seconds = ''] = author ?? [];
  const date = new Date(Number(seconds) * 1000);
  if (author === null || Number.isNaN(date.getTime())) return null;
  const signature = headers.get('gpgsig') ?? headers.get('gpgsig-sha256');
  return {
    author: { name: name.toWellFormed(), email: email.toWellFormed() },
    date: date.toISOString(),
    message: (end < 0 ? '' : text.slice(end + 2)).trimEnd().slice(0, MAX_MESSAGE).toWellFormed(),
    ...(signature === undefined ? {} : { signature: signature.toWellFormed() }),
  };
}

/** Lines that begin with a space go on with the header before; the first of each name counts. */
function unfolded(head: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [, name = '', value = ''] of head.matchAll(/^(\S+) (.*(?:\n .*)*)$/gm)) {
    if (!headers.has(name)) headers.set(name, value.replaceAll('\n ', '\n'));
  }
  return headers;
}

/** `remote.<name>.url`, a line feed, its value, a NUL; and so on. Tokens are handed on in queries too. */
function parseRemotes(text: string): RunSource['remotes'] {
  return text
    .split('\0')
    .slice(0, 100)
    .flatMap((entry) => {
      const [, name, url] = /^remote\.([^\n]*)\.url\n([^]*)$/.exec(entry) ?? [];
      return name === undefined || url === undefined
        ? []
        : [{ name, url: withoutCredentials(url).replace(/^(https?:[^?#]*)[^]*$/i, '$1') }];
    });
}
