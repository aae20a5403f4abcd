import type { ClientRequest } from 'node:http';
import type { FetchInit } from '@waybill/core';

/** Writes the body and ends the request. A body that fails destroys the request with its own error. */
export function sendBody(request: ClientRequest, body: FetchInit['body']): void {
  if (body === undefined) request.end();
  else if (body instanceof URLSearchParams) {
    request.setHeader('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
    sendWhole(request, Buffer.from(body.toString()));
  } else if (typeof body === 'string') sendWhole(request, Buffer.from(body));
  else if (body instanceof Uint8Array) sendWhole(request, body);
  else {
    sendStream(request, body).catch((error: unknown) => {
      request.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  }
}

function sendWhole(request: ClientRequest, bytes: Uint8Array): void {
  request.setHeader('content-length', bytes.length);
  request.end(bytes);
}

async function sendStream(request: ClientRequest, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of body) {
    if (request.destroyed) return;
    if (!request.write(piece)) await drained(request);
  }
  request.end();
}

function drained(request: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      request.off('drain', done);
      request.off('close', done);
      resolve();
    };
    request.on('drain', done);
    request.on('close', done);
  });
}
