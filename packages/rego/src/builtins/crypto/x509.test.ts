import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compile, EvaluationError, toJson } from '../../index.ts';
import { ALL_BUILTINS } from '../../test-builtins.ts';

const POLICY = compile([], { builtins: ALL_BUILTINS });
/** A certificate for timestamps; where its extended key usages begin, the tag of an OID stands. */
const CERTIFICATE = Buffer.from(
  'MIIBwzCCAWmgAwIBAgIUcZSSUSGpat+7Wrgk9i0zJh89wV0wCgYIKoZIzj0EAwIwKDEYMBYGA1UECgwPd2F5YmlsbC5leGFtcGxlMQwwCgYDVQQDDANUU0EwHhcNMjYwMTAxMDAwMDAwWhcNMjcwMTAxMDAwMDAwWjAvMRgwFgYDVQQKDA93YXliaWxsLmV4YW1wbGUxEzARBgNVBAMMClRpbWVzdGFtcHMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ3aaaK/GoKNtiya9ok2z+dj85reCCsV8LslW7MzJ1eGGu0BzIjl350qLbQUha3FiuMNPMrvkrM2PJt05Hx6WOso2owaDAOBgNVHQ8BAf8EBAMCB4AwFgYDVR0lAQH/BAwwCgYIKwYBBQUHAwgwHQYDVR0OBBYEFFnJwGddVGSKPy1V+pFvHga8F90BMB8GA1UdIwQYMBaAFK8fhjZTv2pxiK8hWM1HnWdSEr7QMAoGCCqGSM49BAMCA0gAMEUCIQC8amgpGAX3sw+YUCvAa3A2skDbUuQyM6zOEE4bbdKeTwIgT/7mmZTjsAqqoGx6aRgo7g7YUb1EZARWhcGoIXkrTh0=',
  'base64',
);
const USAGE_AT = 295;

describe('crypto.x509.parse_certificates', () => {
  const parse = (der: Uint8Array) =>
    POLICY.evaluate('x := crypto.x509.parse_certificates(input)[0].ExtKeyUsage', {
      input: Buffer.from(der).toString('base64'),
      strictBuiltinErrors: true,
    }).answers[0]?.get('x');

  it('refuses an extension that cannot be read', () => {
    assert.equal(toJson(parse(CERTIFICATE) ?? null), '[8]');
    const broken = CERTIFICATE.with(USAGE_AT, 0x31);
    assert.throws(
      () => parse(broken),
      (error) => error instanceof EvaluationError && /expected tag 6, found 49/.test(error.message),
    );
  });
});
