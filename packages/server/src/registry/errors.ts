import { errorsOf } from '@waybill/core';

/** `oci` is the code of distribution-spec "Error Codes" that OCI clients see. */
export const REGISTRY_PROBLEMS = {
  registry_not_found: { status: 404, title: 'No such endpoint', oci: 'UNSUPPORTED' },
  registry_method_not_allowed: { status: 405, title: 'Method not allowed', oci: 'UNSUPPORTED' },
  registry_unauthorized: { status: 401, title: 'Not signed in', oci: 'UNAUTHORIZED' },
  registry_denied: { status: 403, title: 'Not allowed', oci: 'DENIED' },
  registry_name_invalid: { status: 400, title: 'Repository name not usable', oci: 'NAME_INVALID' },
  registry_name_unknown: { status: 404, title: 'No such repository', oci: 'NAME_UNKNOWN' },
  registry_tag_invalid: { status: 400, title: 'Tag not usable', oci: 'MANIFEST_INVALID' },
  registry_digest_invalid: { status: 400, title: 'Wrong digest', oci: 'DIGEST_INVALID' },
  registry_blob_unknown: { status: 404, title: 'No such blob', oci: 'BLOB_UNKNOWN' },
  registry_blob_in_use: { status: 405, title: 'Blob is in use', oci: 'UNSUPPORTED' },
  registry_blob_too_large: { status: 413, title: 'Blob is too large', oci: 'SIZE_INVALID' },
  registry_manifest_unknown: { status: 404, title: 'No such manifest', oci: 'MANIFEST_UNKNOWN' },
  registry_manifest_invalid: { status: 400, title: 'Manifest not usable', oci: 'MANIFEST_INVALID' },
  registry_manifest_too_large: { status: 413, title: 'Manifest is too large', oci: 'SIZE_INVALID' },
  registry_manifest_blob_unknown: {
    status: 404,
    title: 'Manifest refers to missing content',
    oci: 'MANIFEST_BLOB_UNKNOWN',
  },
  registry_manifest_pinned: { status: 403, title: 'Manifest is evidence', oci: 'DENIED' },
  registry_upload_unknown: { status: 404, title: 'No such upload', oci: 'BLOB_UPLOAD_UNKNOWN' },
  registry_upload_range: { status: 416, title: 'Chunk out of order', oci: 'BLOB_UPLOAD_INVALID' },
  registry_upload_busy: { status: 416, title: 'Upload is being written', oci: 'BLOB_UPLOAD_INVALID' },
  registry_upload_cut_off: { status: 400, title: 'Upload cut off', oci: 'SIZE_INVALID' },
  registry_range_unsatisfiable: { status: 416, title: 'Range not satisfiable', oci: 'SIZE_INVALID' },
  registry_query_invalid: { status: 400, title: 'Query not usable', oci: 'UNSUPPORTED' },
} as const;

export type RegistryCode = keyof typeof REGISTRY_PROBLEMS;

export const registryError = errorsOf<RegistryCode>();
