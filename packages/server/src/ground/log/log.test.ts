import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CodedError, Secret } from '@waybill/core';
import { createHttp } from '../http/http.ts';
import { createLog, LOG_FORMATS, type LogFormat } from './log.ts';

function capture(format: LogFormat) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { log: createLog('trace', { format, version: '1.2.3', destination }), lines };
}

function only(lines: readonly string[]): string {
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /\n$/);
  return (lines[0] ?? '').slice(0, -1);
}

const failure = (): Error =>
  new CodedError('probe_failed', 'it failed', { cause: new TypeError('the cause of it') });

describe('json', () => {
  it('is one object a line, errors with their causes', () => {
    const { log, lines } = capture('json');
    log.child({ reqId: 'r' }).error({ err: failure(), n: 1 }, 'what happened');
    const record = JSON.parse(only(lines)) as Record<string, unknown> & {
      readonly err: Record<string, string>;
    };
    assert.deepEqual(
      [record['level'], record['msg'], record['reqId'], record['n']],
      ['error', 'what happened', 'r', 1],
    );
    assert.match(record['time'] as string, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.equal(record.err['code'], 'probe_failed');
    assert.match(record.err['stack'] ?? '', /TypeError: the cause of it/);
  });
});

describe('ecs', () => {
  it('begins as the ECS logging specification says', () => {
    const { log, lines } = capture('ecs');
    log.warn('what happened');
    const record = JSON.parse(only(lines)) as Record<string, unknown>;
    assert.deepEqual(Object.keys(record).slice(0, 4), ['@timestamp', 'log.level', 'message', 'ecs.version']);
    assert.ok(Number.isFinite(Date.parse(record['@timestamp'] as string)));
    assert.equal(record['log.level'], 'warn');
    assert.equal(record['message'], 'what happened');
    assert.match(record['ecs.version'] as string, /^8\.\d+\.\d+$/);
    assert.equal(record['service.name'], 'waybill');
    assert.equal(record['service.version'], '1.2.3');
  });

  it('gives requests and errors their names of ECS, and the rest a place of its own', () => {
    const { log, lines } = capture('ecs');
    const request = { method: 'GET', path: '/x', status: 503, ms: 1.5, remote: '127.0.0.1' };
    log
      .child({ reqId: 'r', tlog: 'origin' })
      .error({ ...request, err: failure(), url: 'u', host: 'h' }, 'request');
    const record = JSON.parse(only(lines)) as Record<string, unknown>;
    const fields = {
      'http.request.id': 'r',
      'http.request.method': 'GET',
      'url.path': '/x',
      'http.response.status_code': 503,
      'event.duration': 1_500_000,
      'client.ip': '127.0.0.1',
      'error.type': 'CodedError',
      'error.code': 'probe_failed',
    };
    for (const [name, value] of Object.entries(fields)) assert.equal(record[name], value, name);
    assert.match(record['error.message'] as string, /it failed.*the cause of it/);
    assert.match(record['error.stack_trace'] as string, /log\.test\.ts/);
    // `url` and `host` are objects in ECS: text in their place would make Elastic refuse the line.
    assert.deepEqual(record['waybill'], { tlog: 'origin', url: 'u', host: 'h' });
  });
});

describe('text', () => {
  it('is a line for people, with the stack below it', () => {
    const { log, lines } = capture('text');
    log.info({ method: 'GET', path: '/a b' }, 'request');
    log.error({ err: failure() }, 'what happened');
    assert.match(lines[0] ?? '', /^\S+Z INFO {2}request method=GET path="\/a b"\n$/);
    assert.match(lines[1] ?? '', /^\S+Z ERROR what happened\n {4}CodedError: it failed\n {4} +at /);
  });

  it('lets nobody steer the terminal or forge a line', () => {
    const { log, lines } = capture('text');
    log.info({ path: '/\u001b[2J\n2026 INFO forged\u202e' }, 'a\u001b]0;x\u0007\nb');
    const line = only(lines);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u202e]/);
  });
});

const TOKEN = 'wb_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';
const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJvcmcvcHJvamVjdCJ9.c2lnbmF0dXJlLXRoYXQtaXMtc2VjcmV0';
const PEM = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n';
const PASSWORD = 'hunter2hunter2';
const OPAQUE = 'a-token-for-prometheus';

describe('secrets', () => {
  for (const format of LOG_FORMATS) {
    it(`never stand in a line of ${format}, though an error quotes header, URL and body`, async () => {
      const { log, lines } = capture(format);
      const app = createHttp({
        log,
        problems: {},
        version: '0',
        publicUrl: 'http://127.0.0.1',
        ready: async () => [],
      });
      app.post('/fail/*', async (request) => {
        const said = `${request.headers.authorization} ${request.url} ${JSON.stringify(request.body)}`;
        throw new Error(`cannot handle ${said}`, { cause: new Error(said) });
      });
      const basic = Buffer.from(`user:${TOKEN}`).toString('base64');
      for (const authorization of [
        `Bearer ${TOKEN}`,
        `Bearer ${JWT}`,
        `Basic ${basic}`,
        `bearer ${OPAQUE}`,
      ]) {
        const answer = await app.inject({
          method: 'POST',
          url: `/fail/${TOKEN}?token=${TOKEN}&subject_token=${JWT}`,
          headers: { authorization, 'content-type': 'application/json' },
          payload: JSON.stringify({
            token: TOKEN,
            jwt: JWT,
            key: PEM,
            url: `postgres://me:${PASSWORD}@db/x`,
          }),
        });
        assert.equal(answer.statusCode, 500);
        assert.doesNotMatch(answer.payload, /wb_0|eyJ|MIGH|hunter2/);
      }
      await app.close();
      const text = lines.join('');
      for (const secret of [TOKEN, JWT.split('.')[2] ?? '', basic, 'MIGHAgEA', PASSWORD, OPAQUE]) {
        assert.ok(!text.includes(secret), secret);
      }
      assert.match(text, /cannot handle Bearer \*\*\* \/fail\/wb_\*\*\*/);
    });
  }

  it('are hidden under their names', () => {
    const { log, lines } = capture('json');
    const secret = 'opaque';
    log.info({
      token: secret,
      a: { password: secret, b: { c: { privateKey: secret } } },
      kept: new Secret(secret),
    });
    log.info({
      cookie: [secret, secret],
      secret: { of: secret },
      identityToken: `" \\ ${secret}`,
      password: 12_345,
    });
    log
      .child({ token: secret })
      .info({ Authorization: secret }, `{"token":"${secret}"} and ?token=${secret}&a=b`);
    for (const line of lines) {
      assert.ok(!line.includes(secret) && !line.includes('12345'), line);
      JSON.parse(line);
    }
    assert.match(lines[2] ?? '', /\?token=\*\*\*&a=b/);
  });

  it('are looked for in linear time', () => {
    const { log, lines } = capture('json');
    for (const part of [
      '"token":{',
      '://a:',
      'Bearer ',
      'eyJaaaaaaaaa.',
      '-----BEGIN PRIVATE KEY-----',
      'wb_',
      '\\"',
    ]) {
      log.info(part.repeat(100_000));
    }
    assert.equal(lines.length, 7);
  });

  it('are all that is hidden', () => {
    const { log, lines } = capture('json');
    const plain = 'Expected "Authorization: Bearer wb_…", basic authentication at https://user@host/x';
    log.info(plain);
    assert.equal((JSON.parse(only(lines)) as { readonly msg: string }).msg, plain);
  });
});
