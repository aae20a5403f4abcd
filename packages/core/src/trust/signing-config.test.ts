import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseServices, parseSigningConfig, SIGNING_CONFIG_MEDIA_TYPE } from './index.ts';

const AT = new Date('2026-06-01T00:00:00Z');
const service = (url: string, more: object = {}) => ({
  url,
  majorApiVersion: 1,
  validFor: { start: '2026-01-01T00:00:00Z' },
  operator: 'a.example',
  ...more,
});
const config = (more: object = {}) =>
  JSON.stringify({
    mediaType: SIGNING_CONFIG_MEDIA_TYPE,
    caUrls: [service('https://ca.example')],
    rekorTlogUrls: [service('https://log.example', { majorApiVersion: 2 })],
    rekorTlogConfig: { selector: 'ANY' },
    tsaUrls: [service('https://tsa.example/api/v1/timestamp')],
    tsaConfig: { selector: 'ANY' },
    ...more,
  });
const tsas = (services: readonly object[], rule: object) =>
  parseSigningConfig(config({ tsaUrls: services, tsaConfig: rule })).timestampAuthorities;
const chosen = (services: readonly object[], rule: object = { selector: 'ANY' }) =>
  chooseServices(tsas(services, rule), { what: 'timestamp authorities', version: 1, at: AT }).map(
    ({ url }) => url,
  );

describe('parseSigningConfig', () => {
  it('refuses another version, and addresses that are no plain HTTP ones', () => {
    const refused = (more: object, message: RegExp) =>
      assert.throws(() => parseSigningConfig(config(more)), { code: 'signing_config_invalid', message });
    refused({ mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.1+json' }, /mediaType/);
    for (const url of ['ftp://a', 'a', 'https://u:p@a.example', 'https://a.example/?to=b', 'file:///etc']) {
      refused({ caUrls: [service(url)] }, /url/);
    }
    refused({ tsaConfig: { selector: 'EXACT', count: 2 } }, /tsaConfig/);
    refused({ tsaConfig: {} }, /tsaConfig/);
    refused({ tsaUrls: [service('https://a', { validFor: { start: 'yesterday' } })] }, /expected a time/);
    assert.throws(() => parseSigningConfig('['), { code: 'signing_config_invalid' });
  });

  it('takes a config without logs and timestamps: nothing is asked of them', () => {
    const { logs } = parseSigningConfig(config({ rekorTlogUrls: [], rekorTlogConfig: {} }));
    assert.deepEqual(chooseServices(logs, { what: 'logs', version: 2, at: AT }), []);
  });
});

describe('chooseServices', () => {
  const newer = { validFor: { start: '2026-05-01T00:00:00Z' } };
  it('takes the newest of an operator that is in force', () => {
    const old = service('https://old.example/');
    const future = service('https://future.example/', { validFor: { start: '2026-07-01T00:00:00Z' } });
    assert.deepEqual(chosen([old, future, service('https://new.example/', newer)]), ['https://new.example/']);
  });

  it('never takes two of one operator where two are asked for', () => {
    const two = [service('https://a/'), service('https://b/', newer)];
    assert.throws(() => chosen(two, { selector: 'EXACT', count: 2 }), { code: 'signing_config_no_service' });
    const other = service('https://c/', { operator: 'c.example' });
    assert.deepEqual(chosen([...two, other], { selector: 'EXACT', count: 2 }), ['https://b/', 'https://c/']);
    assert.deepEqual(chosen([...two, other], { selector: 'ALL' }), ['https://b/', 'https://c/']);
  });

  it('says that none fits: ended, or of another version', () => {
    const none = { code: 'signing_config_no_service', message: /0 timestamp authorities with API version 1/ };
    assert.throws(() => chosen([service('https://a/', { majorApiVersion: 2 })]), none);
    const ended = { validFor: { start: '2025-01-01T00:00:00Z', end: '2025-12-31T00:00:00Z' } };
    assert.throws(() => chosen([service('https://a/', ended)], { selector: 'ALL' }), none);
  });
});
