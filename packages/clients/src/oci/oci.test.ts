import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CodedError, Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import { artifactManifest, descriptorOf, formatManifest, MEDIA_TYPE } from '@waybill/core/oci';
import { type CraneRegistry, craneRegistry, requirePeer, tempDir } from '@waybill/testkit';
import fc from 'fast-check';
import { parseChallenges } from './challenge.ts';
import {
  attachArtifact,
  type Connection,
  type ConnectOptions,
  connect,
  credentialsFromHelper,
  dockerAuth,
  getBlob,
  getManifest,
  hasBlob,
  headManifest,
  listReferrers,
  type PushedBlob,
  pushBlob,
  pushFile,
  pushManifest,
  readBlob,
  resolve,
} from './index.ts';

const code = (expected: string) => (error: unknown) => error instanceof CodedError && error.code === expected;
const manifest = formatManifest(
  artifactManifest({
    artifactType: 'application/vnd.example',
    layers: [descriptorOf(utf8('layer'), 'text/plain')],
  }),
);
const secret = { username: 'x', password: new Secret('wb_secret') };

/** A registry of our own making, for what a well-behaved one does not do. */
async function serve(
  listener: RequestListener,
  work: (connection: Connection) => Promise<void>,
  options: ConnectOptions = {},
) {
  const server: Server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    await work(connect(`127.0.0.1:${(server.address() as AddressInfo).port}`, options));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const MIB = 1024 * 1024;

async function fileOf(bytes: Buffer) {
  const directory = await tempDir();
  const path = join(directory.path, 'layer');
  await writeFile(path, bytes);
  return { path, bytes, [Symbol.asyncDispose]: () => directory.remove() };
}

const crane = requirePeer('crane');

describe('pushBlob, pushManifest, getManifest, getBlob against an unmodified crane registry', {
  skip: crane.skip,
}, () => {
  let registry: CraneRegistry;
  let connection: Connection;
  before(async () => {
    registry = await craneRegistry();
    connection = connect(registry.host);
  });
  after(() => registry[Symbol.asyncDispose]());

  it('pushes a file once, and gets the same bytes back', async () => {
    await using file = await fileOf(randomBytes(3 * MIB + 7));
    const expected = { digest: digestOf(file.bytes), sizeBytes: file.bytes.length };
    const sent: number[] = [];
    const onSent = (bytes: number) => void sent.push(bytes);
    assert.deepEqual(await pushFile(connection, 'a/b', file.path, { onSent }), {
      ...expected,
      uploaded: true,
    });
    assert.deepEqual(sent, [MIB, 2 * MIB, 3 * MIB, expected.sizeBytes]);
    assert.equal((await pushBlob(connection, 'a/c', file.bytes.subarray(1), { onSent })).uploaded, true);
    assert.equal(sent.at(-1), expected.sizeBytes - 1);
    assert.equal((await pushBlob(connection, 'a/b', file.bytes)).uploaded, false);
    assert.equal(await hasBlob(connection, 'a/b', expected.digest), true);
    assert.ok(file.bytes.equals(await readBlob(connection, 'a/b', { ...expected, maxBytes: 4 * MIB })));
    await assert.rejects(
      readBlob(connection, 'a/b', { ...expected, maxBytes: 100 }),
      code('oci_client_too_large'),
    );
  });

  it('pushes a manifest by tag, resolves and reads it by tag and digest', async () => {
    await pushBlob(connection, 'a/b', utf8('{}'));
    await pushBlob(connection, 'a/b', utf8('layer'));
    const pushed = await pushManifest(
      connection,
      { repository: 'a/b', tag: 'v1' },
      { bytes: manifest, mediaType: MEDIA_TYPE.imageManifest },
    );
    const { registry: host } = connection;
    assert.equal((await resolve({ registry: host, repository: 'a/b', tag: 'v1' })).digest, pushed.digest);
    const pulled = await getManifest(connection, { repository: 'a/b', digest: pushed.digest });
    assert.deepEqual(Buffer.from(pulled.bytes), Buffer.from(manifest));
    assert.equal(pulled.manifest.artifactType, 'application/vnd.example');
    await assert.rejects(
      headManifest(connection, { repository: 'a/b', tag: 'v2' }),
      code('oci_client_not_found'),
    );
  });
});

describe('attachArtifact in a registry without referrers API', { skip: crane.skip }, () => {
  it('lists each under the tag that stands in for it, once, beside what others list there', async () => {
    await using registry = await craneRegistry();
    const connection = connect(registry.host);
    const repository = 'a/b';
    await pushBlob(connection, repository, utf8('{}'));
    await pushBlob(connection, repository, utf8('layer'));
    const { subjectKept, ...subject } = await pushManifest(
      connection,
      { repository },
      { bytes: manifest, mediaType: MEDIA_TYPE.imageManifest },
    );
    assert.equal(subjectKept, false);
    const attach = (text: string) =>
      attachArtifact(connection, repository, {
        subject,
        artifactType: 'a/b',
        bytes: utf8(text),
        annotations: { text },
      });
    assert.equal((await attach('one')).attached, true);
    assert.deepEqual(
      (await Promise.all([attach('two'), attach('two'), attach('one')])).map(({ digest }) => digest).length,
      3,
    );
    assert.equal((await attach('two')).attached, false);
    const listed = await listReferrers(connection, repository, subject.digest);
    assert.deepEqual(
      listed.map(({ artifactType, annotations }) => [artifactType, annotations?.['text']]),
      [
        ['a/b', 'one'],
        ['a/b', 'two'],
      ],
    );
    // What somebody has put under that tag is not written over.
    await pushManifest(
      connection,
      { repository, tag: subject.digest.replace(':', '-') },
      { bytes: manifest, mediaType: MEDIA_TYPE.imageManifest },
    );
    await assert.rejects(attach('three'), code('oci_client_protocol'));
  });
});

describe('a registry that misbehaves', () => {
  it('is caught when manifest or blob are not what was asked for', async () => {
    await serve(
      (_request, response) => response.setHeader('content-type', MEDIA_TYPE.imageManifest).end(manifest),
      async (connection) => {
        const other = { repository: 'a', digest: digestOf(utf8('other')) };
        await assert.rejects(getManifest(connection, other), code('oci_client_digest_mismatch'));
        const blob = { digest: digestOf(utf8('x'.repeat(manifest.length))), sizeBytes: manifest.length };
        await assert.rejects(
          Array.fromAsync(getBlob(connection, 'a', blob)),
          code('oci_client_digest_mismatch'),
        );
        await assert.rejects(
          Array.fromAsync(getBlob(connection, 'a', { ...blob, sizeBytes: 5 })),
          code('oci_client_digest_mismatch'),
        );
      },
    );
  });

  it('is caught when it sends more than a manifest may be, or no manifest', async () => {
    await serve(
      (_request, response) => response.end(Buffer.alloc(5 * 1024 * 1024)),
      async (connection) => {
        await assert.rejects(
          getManifest(connection, { repository: 'a', tag: 't' }),
          code('oci_client_too_large'),
        );
      },
    );
    await serve(
      (_request, response) => response.end('<html>'),
      async (connection) => {
        await assert.rejects(
          getManifest(connection, { repository: 'a', tag: 't' }),
          code('oci_client_protocol'),
        );
      },
    );
  });

  it('gives a timeout when it falls silent, before and within a body', async () => {
    const address = { repository: 'a', tag: 't' };
    await serve(
      () => undefined,
      async (connection) => {
        await assert.rejects(getManifest(connection, address), code('oci_client_timeout'));
      },
      { timeoutMs: 50 },
    );
    await serve(
      (_request, response) => response.write('{'),
      async (connection) => {
        await assert.rejects(getManifest(connection, address), code('oci_client_timeout'));
      },
      { timeoutMs: 50 },
    );
    await assert.rejects(getManifest(connect('127.0.0.1:1'), address), code('oci_client_unavailable'));
  });

  it('has its reason passed on, without control characters', async () => {
    await serve(
      (_request, response) =>
        response
          .writeHead(403)
          .end(JSON.stringify({ errors: [{ code: 'DENIED', message: 'not\u001b[31m you' }] })),
      async (connection) => {
        await assert.rejects(getManifest(connection, { repository: 'a', tag: 't' }), (error: Error) => {
          assert.match(error.message, /DENIED not \[31m you$/);
          return code('oci_client_denied')(error);
        });
      },
    );
  });

  it('gets no password for another host in the clear', async () => {
    await serve(
      (_request, response) =>
        response.writeHead(401, { 'www-authenticate': 'Bearer realm="ftp://x/t"' }).end(),
      async (connection) => {
        await assert.rejects(
          getManifest(connection, { repository: 'a', tag: 't' }),
          code('oci_client_protocol'),
        );
      },
      { credentials: secret },
    );
  });
});

describe('signing in', () => {
  it('answers a Bearer challenge once, and uses the token again', async () => {
    let tokens = 0;
    await serve(
      (request, response) => {
        if (request.url?.startsWith('/token')) {
          tokens++;
          assert.equal(
            request.headers.authorization,
            `Basic ${Buffer.from('x:wb_secret').toString('base64')}`,
          );
          assert.match(request.url, /service=here&scope=repository%3Aa%3Apull$/);
          response.end('{"token":"abc","expires_in":300}');
        } else if (request.headers.authorization === 'Bearer abc') {
          response.setHeader('content-type', MEDIA_TYPE.imageManifest).end(manifest);
        } else {
          const realm = `http://${request.headers.host}/token`;
          response
            .writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="here",scope="x"` })
            .end();
        }
      },
      async (connection) => {
        await getManifest(connection, { repository: 'a', tag: 't' });
        await getManifest(connection, { repository: 'a', tag: 't' });
        assert.equal(tokens, 1);
      },
      { credentials: secret },
    );
  });

  it('answers a Basic challenge, and says when credentials are missing', async () => {
    const listener: RequestListener = (request, response) => {
      if (request.headers.authorization?.startsWith('Basic ')) {
        response.setHeader('content-type', MEDIA_TYPE.imageManifest).end(manifest);
      } else response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
    };
    const address = { repository: 'a', tag: 't' };
    await serve(listener, async (connection) => void (await getManifest(connection, address)), {
      credentials: secret,
    });
    await serve(listener, async (connection) => {
      await assert.rejects(getManifest(connection, address), code('oci_client_unauthorized'));
    });
  });

  it('does not send the authorization to an upload location on another host', async () => {
    let seen: string | undefined = 'none';
    await serve(
      (request, response) => {
        seen = request.headers.authorization;
        request.resume().on('end', () => response.writeHead(201).end());
      },
      async (elsewhere) => {
        await serve(
          (request, response) => {
            if (request.method === 'HEAD') response.writeHead(404).end();
            else if (request.headers.authorization)
              response.writeHead(202, { location: `${elsewhere.origin}/up` }).end();
            else response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
          },
          async (connection) => {
            await pushBlob(connection, 'a', utf8('b'));
            assert.equal(seen, undefined);
          },
          { credentials: secret },
        );
      },
    );
  });
});

describe('pushFile', () => {
  /** An upload of one session; `asked` is what came, in order, and PATCH bodies are read by `read`. */
  async function uploadTo(
    file: string,
    answers: {
      readonly has?: boolean;
      readonly close?: (response: ServerResponse) => void;
      readonly read?: (request: IncomingMessage, headAsked: Promise<void>) => Promise<void>;
    },
  ): Promise<{ readonly asked: readonly string[]; readonly pushed: Promise<PushedBlob> }> {
    const asked: string[] = [];
    const head = Promise.withResolvers<void>();
    let pushed: Promise<PushedBlob> | undefined;
    const listener: RequestListener = (request, response) => {
      asked.push(request.method ?? '');
      const answer = async () => {
        if (request.method === 'HEAD') {
          response.writeHead(answers.has ? 200 : 404).end();
          head.resolve();
        } else if (request.method === 'PATCH') {
          await (answers.read ?? drain)(request, head.promise);
          response.writeHead(202, { location: '/up/2' }).end();
        } else if (request.method === 'POST') response.writeHead(202, { location: '/up/1' }).end();
        else if (request.method === 'PUT' && answers.close) answers.close(response);
        else response.writeHead(request.method === 'DELETE' ? 204 : 201).end();
      };
      answer().catch((error: unknown) => response.destroy(error as Error));
    };
    await serve(listener, async (connection) => {
      pushed = pushFile(connection, 'a', file);
      await pushed.catch(() => undefined);
    });
    assert.ok(pushed);
    return { asked, pushed };
  }
  const drain = async (request: IncomingMessage) => {
    for await (const _ of request);
  };

  it('does not send the rest of a file that the repository has, and cancels the upload', async () => {
    await using file = await fileOf(randomBytes(64 * MIB));
    let receivedBytes = 0;
    const { asked, pushed } = await uploadTo(file.path, {
      has: true,
      async read(request, headAsked) {
        // A network slower than hashing: nothing is taken until the digest was asked for.
        await headAsked;
        for await (const piece of request) receivedBytes += (piece as Buffer).length;
      },
    });
    assert.deepEqual(await pushed, {
      digest: digestOf(file.bytes),
      sizeBytes: file.bytes.length,
      uploaded: false,
    });
    assert.deepEqual(asked, ['POST', 'PATCH', 'HEAD', 'DELETE']);
    assert.ok(receivedBytes < 32 * MIB, `${receivedBytes} bytes were sent for nothing`);
  });

  it('says that the file changed when the registry received other bytes than were hashed', async () => {
    await using file = await fileOf(randomBytes(MIB));
    const { asked, pushed } = await uploadTo(file.path, {
      close: (response) => response.writeHead(400).end('{"errors":[{"code":"DIGEST_INVALID"}]}'),
    });
    await assert.rejects(pushed, code('oci_client_digest_mismatch'));
    assert.equal(asked.at(-1), 'PUT');
  });

  it('passes on why the registry does not take it', async () => {
    await using file = await fileOf(randomBytes(MIB));
    const { pushed } = await uploadTo(file.path, {
      close: (response) => response.writeHead(400).end('{"errors":[{"code":"NAME_INVALID"}]}'),
    });
    await assert.rejects(pushed, code('oci_client_refused'));
  });

  it('stops when the registry refuses in the middle', async () => {
    await using file = await fileOf(randomBytes(16 * MIB));
    const { asked, pushed } = await uploadTo(file.path, {
      read: async (request) => void request.destroy(),
    });
    await assert.rejects(pushed, code('oci_client_unavailable'));
    assert.ok(!asked.includes('PUT'), asked.join());
  });

  it('says which file cannot be read, before anything is asked', async () => {
    const { asked, pushed } = await uploadTo('/nowhere/file', {});
    await assert.rejects(pushed, /ENOENT.*nowhere/);
    assert.deepEqual(asked, []);
  });
});

describe('parseChallenges', () => {
  it('reads several challenges with quoted and bare values', () => {
    const header = 'Basic realm="a, b=\\"c\\"", Bearer realm="https://x/t", service=reg.example';
    assert.deepEqual(
      parseChallenges(header).map(({ scheme, parameters }) => [scheme, { ...parameters }]),
      [
        ['basic', { realm: 'a, b="c"' }],
        ['bearer', { realm: 'https://x/t', service: 'reg.example' }],
      ],
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => Array.isArray(parseChallenges(text))),
      { numRuns: 500 },
    );
  });
});

describe('dockerAuth', () => {
  const auth = Buffer.from('me:pass:word').toString('base64');

  it('finds the registry by host, also under an old URL key', () => {
    const config = JSON.stringify({
      auths: { 'https://reg.example/v1/': { auth }, 'localhost:7070': { username: 'u', password: 'p' } },
    });
    assert.equal(dockerAuth(config, 'reg.example').credentials?.password.reveal(), 'pass:word');
    assert.equal(dockerAuth(config, 'localhost:7070').credentials?.username, 'u');
    assert.equal(dockerAuth(config, 'other.example').credentials, undefined);
    assert.deepEqual(dockerAuth('{"credsStore":"x","credHelpers":{"a.example":"y"}}', 'a.example').helper, {
      name: 'y',
      own: true,
    });
  });

  it('gives a coded error for any text', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((v) => JSON.stringify({ auths: { r: v }, credHelpers: { r: v }, credsStore: v })),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          dockerAuth(text, 'r');
          credentialsFromHelper(text);
        } catch (error) {
          if (!code('oci_client_config_invalid')(error)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('listReferrers', () => {
  const digest = digestOf(utf8('image'));
  const referrer = {
    mediaType: MEDIA_TYPE.imageManifest,
    digest: digestOf(utf8('a')),
    size: 1,
    artifactType: 'a/b',
  };
  const index = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.imageIndex, manifests: [referrer] });
  const answering = (pages: Readonly<Record<string, string>>): RequestListener => {
    return ({ url = '' }, response) => {
      const page = pages[url];
      if (page === undefined) return void response.writeHead(404).end();
      response.setHeader('content-type', MEDIA_TYPE.imageIndex).end(page);
    };
  };
  const api = `/v2/a/b/referrers/${digest}`;
  const tag = `/v2/a/b/manifests/${digest.replace(':', '-')}`;
  const found = async (pages: Readonly<Record<string, string>>) => {
    let types: readonly (string | undefined)[] = [];
    await serve(answering(pages), async (connection) => {
      types = (await listReferrers(connection, 'a/b', digest)).map(({ artifactType }) => artifactType);
    });
    return types;
  };

  it('asks the referrers API, and the tag in its place where a registry has none', async () => {
    assert.deepEqual(await found({ [api]: index }), ['a/b']);
    assert.deepEqual(await found({ [tag]: index }), ['a/b']);
    assert.deepEqual(await found({}), []);
    // An empty answer is an answer.
    const empty = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.imageIndex, manifests: [] });
    assert.deepEqual(await found({ [api]: empty, [tag]: index }), []);
  });

  it('refuses a list that is none', async () => {
    for (const page of ['', '[]', '{"schemaVersion":2}']) {
      await assert.rejects(found({ [api]: page }), code('oci_client_protocol'));
    }
  });
});
