import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { gitHead, parseCommit } from './git-head.ts';

const ENV = {
  PATH: process.env['PATH'],
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada Lovelace',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_AUTHOR_DATE: '2026-01-05T10:00:00+01:00',
  GIT_COMMITTER_NAME: 'CI',
  GIT_COMMITTER_EMAIL: 'ci@example.com',
};

async function directory() {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'waybill-git-'));
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: dir, env: ENV, encoding: 'utf8', stdio: 'pipe' });
  return { dir, git, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

describe('gitHead', () => {
  it('states the commit, its author, and remotes without what is secret in them', async () => {
    await using at = await directory();
    at.git('init', '-q');
    at.git('commit', '-q', '--allow-empty', '-m', 'Mend the build\n\nIt was broken.');
    at.git(
      'remote',
      'add',
      'origin',
      'https://ci:glpat-secret@gitlab.example.com/acme/app.git?private_token=x',
    );
    at.git('remote', 'add', 'mirror', 'git@github.com:acme/app.git');
    await mkdir(path.join(at.dir, 'below'));
    const head = await gitHead(path.join(at.dir, 'below'), ENV);
    assert.deepEqual(head, {
      type: 'head',
      source: {
        commit: at.git('rev-parse', 'HEAD').trim(),
        author: { name: 'Ada Lovelace', email: 'ada@example.com' },
        date: '2026-01-05T09:00:00.000Z',
        message: 'Mend the build\n\nIt was broken.',
        remotes: [
          { name: 'origin', url: 'https://gitlab.example.com/acme/app.git' },
          { name: 'mirror', url: 'git@github.com:acme/app.git' },
        ],
      },
    });
  });

  it('takes the signature along as it stands in the commit', async () => {
    await using at = await directory();
    at.git('init', '-q');
    const armor = ['-----BEGIN SSH SIGNATURE-----', 'U1NIU0lH', '-----END SSH SIGNATURE-----'];
    const who = 'Ada <ada@example.com> 1767603600 +0100';
    const lines = [
      `tree ${at.git('write-tree').trim()}`,
      `author ${who}`,
      `committer ${who}`,
      `gpgsig ${armor.join('\n ')}`,
    ];
    const input = `${lines.join('\n')}\n\nsigned\n`;
    const write = ['hash-object', '-t', 'commit', '-w', '--stdin'];
    const commit = execFileSync('git', write, { cwd: at.dir, env: ENV, encoding: 'utf8', input }).trim();
    at.git('update-ref', 'HEAD', commit);
    const head = await gitHead(at.dir, ENV);
    const signature = head?.type === 'head' ? head.source.signature : undefined;
    assert.equal(signature, armor.join('\n'));
  });

  it('is null without a repository, without a commit, and without git', async () => {
    await using at = await directory();
    assert.equal(await gitHead(at.dir, ENV), null);
    assert.equal(await gitHead(at.dir, { ...ENV, PATH: at.dir }), null);
    at.git('init', '-q');
    assert.equal(await gitHead(at.dir, ENV), null);
  });

  it('says why git tells nothing, and throws for nothing', async () => {
    await using at = await directory();
    at.git('init', '-q');
    await writeFile(path.join(at.dir, '.git', 'config'), '[not a config');
    const head = await gitHead(at.dir, ENV);
    assert.equal(head?.type, 'refused');
  });
});

describe('parseCommit', () => {
  it('reads any text without an exception', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom('author A <a> 1 +0000', 'gpgsig x', ' y', ''));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const read = parseCommit(lines.join('\n'));
        assert.ok(read === null || read.date.endsWith('Z'));
      }),
      { numRuns: 2000 },
    );
  });
});
