import assert from 'node:assert/strict';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { isCoded, Secret } from '@waybill/core';
import { testSession } from '../test/session.ts';
import { configFile, originOf, readLogin, saveLogin } from './config.ts';
import { connect } from './connection.ts';

const LOGIN = { url: 'http://127.0.0.1:7070', token: new Secret('wb_secret_text') };

describe('saveLogin', () => {
  it('writes a file that only its owner can read, as a whole, and nothing beside it', async () => {
    await using session = await testSession();
    const file = await saveLogin(session, LOGIN);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(path.dirname(file)), ['config.json']);
    assert.equal((await readLogin(session.env))?.token.reveal(), 'wb_secret_text');
  });
});

describe('configFile', () => {
  it('follows XDG_CONFIG_HOME when it is absolute', () => {
    assert.equal(configFile({ XDG_CONFIG_HOME: '/x', HOME: '/h' }), '/x/waybill/config.json');
    assert.equal(configFile({ XDG_CONFIG_HOME: 'x', HOME: '/h' }), '/h/.config/waybill/config.json');
  });
});

describe('readLogin', () => {
  it('is null without a file, and a coded error for a damaged one', async () => {
    await using session = await testSession();
    assert.equal(await readLogin(session.env), null);
    const file = configFile(session.env);
    await mkdir(path.dirname(file), { recursive: true });
    for (const text of ['', '[]', '{"url":1}', '{"url":"ftp://x","token":"t"}', '{"url":"http://x"}']) {
      await writeFile(file, text);
      await assert.rejects(readLogin(session.env), (error) => isCoded(error, 'cli_config'), text);
    }
  });
});

describe('originOf', () => {
  it('takes an origin and refuses paths, credentials and other schemes', () => {
    assert.equal(originOf('http://127.0.0.1:7070/', 'x'), 'http://127.0.0.1:7070');
    for (const text of ['127.0.0.1:7070', 'http://u:p@h', 'http://h/path', 'file:///etc', '']) {
      assert.throws(
        () => originOf(text, '--server'),
        (error) => isCoded(error, 'usage_invalid'),
        text,
      );
    }
  });
});

describe('connect', () => {
  it('prefers options to environment to the saved login', async () => {
    await using session = await testSession();
    await saveLogin(session, LOGIN);
    assert.equal((await connect(session)).token.reveal(), 'wb_secret_text');
    const env = { ...session.env, WAYBILL_URL: 'http://env.example', WAYBILL_TOKEN: 'wb_from_env' };
    assert.equal((await connect({ ...session, env })).url, 'http://env.example');
    assert.equal((await connect({ ...session, env })).token.reveal(), 'wb_from_env');
    const globals = { server: 'http://flag.example' };
    assert.equal((await connect({ ...session, env, globals })).url, 'http://flag.example');
  });
  it('never sends a saved token to another server', async () => {
    await using session = await testSession();
    await saveLogin(session, LOGIN);
    const globals = { server: 'http://other.example' };
    await assert.rejects(connect({ ...session, globals }), (error) => isCoded(error, 'cli_not_logged_in'));
  });
  it('refuses another server than the one an attestation was started on', async () => {
    await using session = await testSession();
    const env = { ...session.env, WAYBILL_URL: 'http://b.example', WAYBILL_TOKEN: 'wb_from_env' };
    await assert.rejects(connect({ ...session, env }, { server: 'http://a.example' }), (error) =>
      isCoded(error, 'state_other_server'),
    );
  });
});
