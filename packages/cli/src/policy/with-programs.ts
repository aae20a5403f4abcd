import type { Json } from '@waybill/core/bytes';

type JsonObject = Readonly<Record<string, Json>>;

/** A policy document whose programs stand in files of their own, as people keep them while they write: put into it. */
export async function withPrograms(document: Json, read: (path: string) => Promise<string>): Promise<Json> {
  if (!isObject(document) || !isObject(document['spec'])) return document;
  const spec = await withProgram(document['spec'], read);
  const policies = spec['policies'];
  if (!Array.isArray(policies)) return { ...document, spec };
  const embedded = (policies as readonly Json[]).map(async (item) =>
    isObject(item) ? withProgram(item, read) : item,
  );
  return { ...document, spec: { ...spec, policies: await Promise.all(embedded) } };
}

async function withProgram(item: JsonObject, read: (path: string) => Promise<string>): Promise<JsonObject> {
  const { path, ...rest } = item;
  if (typeof path !== 'string' || 'embedded' in item) return item;
  return { ...rest, embedded: await read(path) };
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
