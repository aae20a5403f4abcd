import { fromHex } from '@waybill/core/bytes';
import type { TufRole } from '@waybill/core/trust';
import type { FastifyReply } from 'fastify';
import { type App, documentAnswer } from '../../ground/index.ts';
import { trustError } from '../errors.ts';
import type { Tuf } from '../open-tuf.ts';

const TAGS = ['trust'];
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** The TUF repository (The Update Framework, specification 1.0, §4 and §6) with consistent snapshots. Public: see README.md. */
export function tufRoutes(tuf: Tuf): (app: App) => Promise<void> {
  return async (app) => {
    app.route({
      method: ['GET', 'HEAD'],
      url: '/tuf/:file',
      schema: {
        tags: TAGS,
        summary: 'TUF metadata: timestamp.json, root.json, <version>.(root|snapshot|targets).json',
        response: { 200: documentAnswer('application/json', 'A signed metadata file of TUF') },
      },
      handler: async (request, reply) => {
        const file = parseFile((request.params as { readonly file: string }).file);
        const bytes = await tuf.readMetadata(file);
        // What says which version is the newest must not come from a cache.
        const caching = file.version === undefined ? 'no-cache' : IMMUTABLE;
        return send(reply.type('application/json'), bytes, caching);
      },
    });
    app.route({
      method: ['GET', 'HEAD'],
      url: '/tuf/targets/:file',
      schema: {
        tags: TAGS,
        summary: 'A target of the TUF repository: <sha256>.<name>',
        response: { 200: documentAnswer('application/octet-stream', 'The bytes of the target') },
      },
      handler: async (request, reply) => {
        const target = parseTarget((request.params as { readonly file: string }).file);
        return send(reply.type('application/octet-stream'), await tuf.readTarget(target), IMMUTABLE);
      },
    });
  };
}

function send(reply: FastifyReply, bytes: Uint8Array, caching: string): FastifyReply {
  return reply.header('cache-control', caching).send(Buffer.from(bytes));
}

const MAX_VERSION = 2 ** 31 - 1;

function parseFile(file: string): { readonly role: TufRole; readonly version?: number } {
  if (file === 'timestamp.json') return { role: 'timestamp' };
  if (file === 'root.json') return { role: 'root' };
  const [, digits = '', role = ''] = /^([1-9]\d{0,9})\.(root|targets|snapshot)\.json$/.exec(file) ?? [];
  const version = Number(digits);
  if (version === 0 || version > MAX_VERSION) throw unknownFile(file);
  return { role: role as TufRole, version };
}

function parseTarget(file: string): { readonly sha256: Uint8Array; readonly name: string } {
  const [, hex, name] = /^([0-9a-f]{64})\.([a-z0-9][a-z0-9._-]{0,99})$/.exec(file) ?? [];
  if (hex === undefined || name === undefined) throw unknownFile(file);
  return { sha256: fromHex(hex), name };
}

function unknownFile(file: string) {
  return trustError('trust_tuf_not_found', `${JSON.stringify(file)} is no file of this repository.`);
}
