import { randomBytes } from 'node:crypto';
import { Secret } from '@waybill/core';
import { toBase64Url, utf8 } from '@waybill/core/bytes';
import { sha256 } from '@waybill/core/crypto';

/** 32 random bytes in base64url behind a prefix that secret scanners can find. */
const apiToken = /^wb_[A-Za-z0-9_-]{43}$/;

export function createApiToken(): Secret<string> {
  return new Secret(`wb_${toBase64Url(randomBytes(32))}`);
}

export function isApiToken(text: string): boolean {
  return apiToken.test(text);
}

/** What is stored. One hash is enough: 256 random bits leave nothing to guess, unlike a password. */
export function hashApiToken(text: string): Uint8Array {
  return sha256(utf8(text));
}
