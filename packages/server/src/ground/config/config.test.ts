import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { isCoded } from '@waybill/core';
import { tempDir } from '@waybill/testkit';
import fc from 'fast-check';
import { configHelp, describeConfig, parseConfig } from './config.ts';
import { parseConfigFile } from './file.ts';
import { optionNames, optionOf } from './options.ts';

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
  it('refuses a config file of a size that no options need', () => {
    assert.throws(() => parseConfigFile('['.repeat(70_000), 'w.yaml'), {
      code: 'config_invalid',
      message: /70000 characters/,
    });
  });

  it('has defaults for everything', () => {
    assert.deepEqual(parse([]), {
      listen: { host: '127.0.0.1', port: 7070 },
      dataDir: '/work/waybill-data',
      publicUrl: 'http://127.0.0.1:7070',
      allowUrlChange: false,
      metricsToken: null,
      databaseUrl: null,
      blobsDir: '/work/waybill-data/blobs',
      logGuard: null,
      tls: null,
      trustedProxies: [],
      caKey: 'p256',
      issuersFile: null,
      issuerNetworks: [],
      limits: { tokenPerSecond: 1000, addressPerSecond: 2000, failedSignInsPerSecond: 5 },
      maxConnections: 4096,
      runLifetimeMs: 86_400_000,
      ntpServers: [],
      clockToleranceMs: 1000,
      logLevel: 'info',
      logFormat: null,
      masterKey: null,
      warnings: [],
    });
    assert.equal(parseConfig([], {}, { ...around, isRoot: true }).dataDir, '/var/lib/waybill');
  });

  it('reads the networks of issuers', () => {
    assert.deepEqual(parse(['--issuer-networks', 'private, loopback']).issuerNetworks, [
      'private',
      'loopback',
    ]);
    assert.throws(() => parse(['--issuer-networks', 'all']), {
      code: 'config_invalid',
      message: /private, loopback/,
    });
    assert.equal(parse(['--issuers', 'fulcio.yaml']).issuersFile, '/work/fulcio.yaml');
  });

  it('wants the guard of the logs where no restore reaches it', () => {
    assert.equal(parse(['--log-guard', '../guard']).logGuard, '/guard');
    for (const path of ['waybill-data/guard', '/work/waybill-data', 'elsewhere/blobs/guard'])
      assert.throws(() => parse(['--blobs', 'elsewhere', '--log-guard', path]), {
        code: 'config_invalid',
        message: /a restore of that takes it back too/,
      });
  });

  it('takes NTP servers by name and address, and a tolerance in seconds', () => {
    const { ntpServers, clockToleranceMs } = parse([
      '--ntp-servers',
      'ntp1.example.com, 192.0.2.1:1123,[2001:db8::1]',
      '--clock-tolerance=0.25',
    ]);
    assert.deepEqual(ntpServers, [
      { host: 'ntp1.example.com', port: 123 },
      { host: '192.0.2.1', port: 1123 },
      { host: '2001:db8::1', port: 123 },
    ]);
    assert.equal(clockToleranceMs, 250);
    for (const wrong of ['a,,b', 'a:0', 'a:70000', 'http://a', '2001:db8::1', 'a b'])
      assert.match(refusal(['--ntp-servers', wrong]), /expected servers/, wrong);
    for (const wrong of ['0', '0.01', '301', '-1', '1e2', 'one'])
      assert.match(refusal([`--clock-tolerance=${wrong}`]), /expected seconds/, wrong);
  });

  it('takes how long runs stay open, within bounds', () => {
    assert.equal(parse([]).runLifetimeMs, 86_400_000);
    assert.equal(parse(['--run-lifetime', '90m']).runLifetimeMs, 5_400_000);
    for (const wrong of ['30s', '31d', '0h', '-1h', '1', '1w', '1.5h'])
      assert.match(refusal([`--run-lifetime=${wrong}`]), /expected 1m to 30d/, wrong);
  });

  it('holds to the public URL unless a change is allowed by that very word', () => {
    assert.equal(parse(['--url-change', 'allow']).allowUrlChange, true);
    assert.throws(() => parse(['--url-change', 'yes']), { code: 'config_invalid' });
  });

  it('takes a metrics token that nobody guesses, and never shows another', () => {
    const token = 'a-token-for-prometheus';
    assert.equal(parse([], { WAYBILL_METRICS_TOKEN: token }).metricsToken?.reveal(), token);
    for (const wrong of ['too-short', 'with a space in the middle']) {
      const message = refusal([], { WAYBILL_METRICS_TOKEN: wrong });
      assert.match(message, /^WAYBILL_METRICS_TOKEN: expected a token/);
      assert.ok(!message.includes(wrong));
    }
    assert.throws(() => parse(['--metrics-token', token]));
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

  it('takes rates, and proxies by address or network, but never everybody', () => {
    const config = parse([
      '--token-rate',
      '0',
      '--address-rate=7',
      '--trusted-proxies',
      '10.0.0.0/8, fd00::1',
    ]);
    assert.deepEqual(config.limits, { tokenPerSecond: 0, addressPerSecond: 7, failedSignInsPerSecond: 5 });
    assert.deepEqual(config.trustedProxies, ['10.0.0.0/8', 'fd00::1']);
    for (const text of ['0.0.0.0/0', '::/0', 'proxy.example', '10.0.0.0/33', '10.0.0', '10.0.0.0/'])
      assert.match(refusal(['--trusted-proxies', text]), /--trusted-proxies: expected addresses or networks/);
    assert.match(refusal(['--max-connections', '0']), /--max-connections: expected a whole number from 1 on/);
    for (const text of ['-1', '1.5', 'many', '99999999'])
      assert.match(refusal(['--token-rate', text]), /--token-rate: expected a whole number/);
  });

  it('suggests what was meant', () => {
    assert.match(refusal(['--lisen', 'x']), /did you mean --listen\?/);
    assert.match(refusal(['--database_url=x']), /did you mean --database-url\?/);
    assert.match(refusal(['--frobnicate']), /known are --config, --listen/);
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

  it('shows no more than the beginning of what is no option', () => {
    for (const word of [`--${'x'.repeat(30_000)}`, 'x'.repeat(30_000), '--a b\u0007']) {
      const message = refusal([word]);
      assert.ok(message.length < 1500 && !message.includes('\u0007'), message.slice(0, 200));
    }
  });

  it('answers any arguments with a configuration or a coded refusal', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(...optionNames().map((name) => `--${name}`), '--listen=:1'),
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

/** A file in a directory of its own; `mode` as chmod takes it. */
async function fileWith(text: string, mode = 0o600): Promise<{ path: string } & AsyncDisposable> {
  const directory = await tempDir();
  const path = join(directory.path, 'given');
  await writeFile(path, text);
  await chmod(path, mode);
  return { path, [Symbol.asyncDispose]: directory.remove };
}

describe('the config file', () => {
  it('stands between the environment and the defaults', async () => {
    await using file = await fileWith('# mine\nlisten: 127.0.0.1:1\ndata: from-file\nlog-level: "warn"\n');
    const config = parse(['--config', file.path, '--listen', ':3'], { WAYBILL_LOG_LEVEL: 'debug' });
    assert.equal(config.listen.port, 3);
    assert.equal(config.dataDir, '/work/from-file');
    assert.equal(config.logLevel, 'debug');
    assert.equal(parse([], { WAYBILL_CONFIG: file.path }).listen.port, 1);
    await using empty = await fileWith('# nothing yet\n');
    assert.equal(parse(['--config', empty.path]).listen.port, 7070);
  });

  const mistakes: readonly [text: string, says: RegExp][] = [
    ['listen: :1\nlog_levle: info\n', /given:2:1: unknown key "log_levle": did you mean log-level\?/],
    ['frobnicate: 1\n', /given:1:1: unknown key "frobnicate": known are listen, url/],
    ['listen: :1\nlisten: :2\n', /given:2:1: listen stands twice/],
    ['listen: nowhere\n', /listen \(.*given:1:1\): expected HOST:PORT/],
    ['listen:\n', /given:1:1: listen: expected one value \(HOST:PORT\), found none/],
    ['listen: [":1"]\n', /given:1:9: listen: expected one value \(HOST:PORT\), found a list/],
    ['config: other.yaml\n', /given:1:1: config cannot stand in the file/],
    ['- listen\n', /given:1:1: expected keys with values/],
    ['listen: "open\n', /given:\d:\d+: Missing closing "quote/],
    ['listen: !!js :1\n', /given:1:9: Unresolved tag/],
    [`listen: ${'['.repeat(20_000)}`, /given/],
  ];
  for (const [text, says] of mistakes) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))} and says where`, async () => {
      await using file = await fileWith(text);
      assert.match(refusal(['--config', file.path]), says);
    });
  }

  it('is missed by name', () => {
    assert.match(
      refusal(['--config', '/nowhere/w.yaml']),
      /^--config: cannot read the file \/nowhere\/w\.yaml \(ENOENT\)/,
    );
  });

  it('is said to be open when it holds a secret, and only then', async () => {
    await using open = await fileWith('database-url: postgres://u:hunter2@h/d\n', 0o644);
    const [warning, ...rest] = parse(['--config', open.path]).warnings;
    assert.match(warning ?? '', /may read .*given \(it holds database-url\): run `chmod o-r/);
    assert.deepEqual(rest, []);
    await using plain = await fileWith('listen: :1\n', 0o644);
    assert.deepEqual(parse(['--config', plain.path]).warnings, []);
  });

  it('holds a broken secret without a word of it in the refusal', async () => {
    for (const text of ['database-url: mysql://hunter2\n', 'database-url: "hunter2\n', 'hunter2\n']) {
      await using file = await fileWith(text);
      assert.doesNotMatch(refusal(['--config', file.path]), /hunter2/);
    }
  });
});

describe('a variable that names a file', () => {
  it('gives the value without the newline at its end', async () => {
    await using file = await fileWith('postgres://u:hunter2@h/d\n');
    const config = parse([], { WAYBILL_DATABASE_URL_FILE: file.path });
    assert.equal(config.databaseUrl?.reveal(), 'postgres://u:hunter2@h/d');
    assert.deepEqual(config.warnings, []);
    await using key = await fileWith('abc\n\n', 0o604);
    const other = parse([], { WAYBILL_MASTER_KEY_FILE: key.path });
    assert.equal(other.masterKey?.reveal(), 'abc\n');
    assert.match(other.warnings[0] ?? '', /every user of this machine may read/);
    assert.doesNotMatch(other.warnings[0] ?? '', /abc/);
  });

  it('is refused when the file is missing or empty, or the variable itself is set too', async () => {
    assert.match(
      refusal([], { WAYBILL_MASTER_KEY_FILE: '/nowhere' }),
      /^WAYBILL_MASTER_KEY_FILE: cannot read the file \/nowhere \(ENOENT\)/,
    );
    await using file = await fileWith('\n');
    const env = { WAYBILL_MASTER_KEY_FILE: file.path };
    assert.match(refusal([], env), /given is empty/);
    assert.match(refusal([], { ...env, WAYBILL_MASTER_KEY: 'x' }), /WAYBILL_MASTER_KEY is set too/);
  });

  it('exists for secrets, none of which can be a flag unless it can be a URL', () => {
    assert.match(refusal(['--master-key', 'x']), /^--master-key: every user of the machine sees arguments/);
    assert.equal(parse([], { WAYBILL_LISTEN_FILE: '/nowhere' }).listen.port, 7070);
  });
});

describe('describeConfig', () => {
  it('is a config file that says where each value came from, without secrets', async () => {
    await using file = await fileWith('log-level: warn\ndatabase-url: postgres://u:hunter2@h/d\n');
    const env = { WAYBILL_LISTEN: '[::1]:9', WAYBILL_MASTER_KEY: 'topsecret' };
    const { text } = describeConfig(['--config', file.path, '--data', '/d'], env, around);
    assert.match(text, /^listen: "\[::1\]:9" +# WAYBILL_LISTEN$/m);
    assert.match(text, /^data: "\/d" +# --data$/m);
    assert.match(text, /^log-level: "warn" +# log-level \(.*given:1:1\)$/m);
    assert.match(text, /^database-url: "\*\*\*" /m);
    assert.match(text, /^blobs: "\/d\/blobs" +# default$/m);
    assert.doesNotMatch(text, /hunter2|topsecret/);
    await using again = await fileWith(text.replace(/^(database-url|master-key).*$/gm, ''));
    const config = parse(['--config', again.path]);
    assert.deepEqual([config.dataDir, config.listen.port, config.logLevel], ['/d', 9, 'warn']);
  });
});

describe('configHelp', () => {
  it('lists every option with its variable', () => {
    for (const name of optionNames())
      assert.match(configHelp(), new RegExp(`${name} .*${optionOf(name).env}`));
  });
});
