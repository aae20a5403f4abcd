import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { isCoded } from '@waybill/core';
import fc from 'fast-check';
import { configHelp, OPTIONS, parseConfig } from './config.ts';

const around = { cwd: '/work', isRoot: false };
const parse = (argv: readonly string[], env: Record<string, string> = {}) => parseConfig(argv, env, around);

function refusal(argv: readonly string[], env: Record<string, string> = {}): string {
  try {
    parse(argv, env);
  } catch (error) {
    assert.ok(isCoded(error, 'config_invalid', 'config_unknown_option'));
    return error.message;
  }
  return assert.fail('expected a refusal');
}

describe('parseConfig', () => {
  it('has defaults for everything', () => {
    assert.deepEqual(parse([]), {
      listen: { host: '127.0.0.1', port: 7070 },
      dataDir: '/work/waybill-data',
      publicUrl: 'http://127.0.0.1:7070',
      allowUrlChange: false,
      databaseUrl: null,
      blobsDir: '/work/waybill-data/blobs',
      logLevel: 'info',
      masterKey: null,
    });
    assert.equal(parseConfig([], {}, { ...around, isRoot: true }).dataDir, '/var/lib/waybill');
  });

  it('holds to the public URL unless a change is allowed by that very word', () => {
    assert.equal(parse(['--url-change', 'allow']).allowUrlChange, true);
    assert.throws(() => parse(['--url-change', 'yes']), { code: 'config_invalid' });
  });

  it('lets flags win over the environment, and ignores empty variables', () => {
    const env = { WAYBILL_LISTEN: '0.0.0.0:1', WAYBILL_DATA: 'from-env', WAYBILL_LOG_LEVEL: '' };
    const config = parse(['--listen', '[::1]:2', '--log-level=debug'], env);
    assert.deepEqual(config.listen, { host: '::1', port: 2 });
    assert.equal(config.publicUrl, 'http://[::1]:2');
    assert.equal(config.dataDir, '/work/from-env');
    assert.equal(config.logLevel, 'debug');
    assert.equal(parse([], { WAYBILL_LISTEN: ':80' }).publicUrl, 'http://localhost:80');
    assert.equal(parse(['--listen', '127.0.0.1:0']).publicUrl, null);
  });

  it('suggests what was meant', () => {
    assert.match(refusal(['--lisen', 'x']), /did you mean --listen\?/);
    assert.match(refusal(['--database_url=x']), /did you mean --database-url\?/);
    assert.match(refusal(['--frobnicate']), /known are --listen/);
    assert.match(refusal(['--log-level', 'warm']), /did you mean warn\?/);
  });

  it('says what is wrong with a value and where it came from', () => {
    assert.match(refusal(['--listen']), /^--listen: needs a value/);
    assert.match(refusal(['--listen', '--data', 'x']), /^--listen: needs a value/);
    assert.match(refusal(['--data', 'a', '--data', 'b']), /^--data: stands twice/);
    assert.match(refusal(['serve']), /takes options only/);
    assert.match(refusal([], { WAYBILL_LISTEN: 'localhost' }), /^WAYBILL_LISTEN: expected HOST:PORT/);
    assert.match(refusal(['--listen', 'x:70000']), /expected HOST:PORT/);
    assert.match(refusal(['--url', 'https://x.example/waybill']), /has a path/);
    assert.match(refusal(['--url', 'ftp://x.example']), /expected http/);
    assert.match(refusal(['--blobs', 's3://bucket']), /directory only/);
    assert.equal(parse(['--url', 'https://x.example/']).publicUrl, 'https://x.example');
  });

  it('shows neither the password of the database nor the master key', () => {
    const env = { WAYBILL_DATABASE_URL: 'postgres://u:hunter2@h/d', WAYBILL_MASTER_KEY: 'topsecret' };
    const config = parse([], env);
    assert.equal(config.databaseUrl?.reveal(), env.WAYBILL_DATABASE_URL);
    assert.doesNotMatch(`${inspect(config)}${JSON.stringify(config)}`, /hunter2|topsecret/);
    assert.doesNotMatch(refusal(['--database-url', 'mysql://u:hunter2@h']), /hunter2/);
    assert.doesNotMatch(refusal(['--database-url', 'hunter2']), /hunter2/);
  });

  it('answers any arguments with a configuration or a coded refusal', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(...Object.keys(OPTIONS).map((name) => `--${name}`), '--listen=:1'),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
        try {
          parse(argv);
        } catch (error) {
          assert.ok(isCoded(error, 'config_invalid', 'config_unknown_option'));
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('configHelp', () => {
  it('lists every option with its variable', () => {
    for (const [name, option] of Object.entries(OPTIONS))
      assert.match(configHelp(), new RegExp(`--${name} .*${option.env}`));
  });
});
