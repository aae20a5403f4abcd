import type { Problem, ProblemMap } from './problems.ts';

/** The codes of @waybill/core: what strangers' bytes can be refused for. A room may map one of them its own way. */
const GROUPS: readonly (readonly [Problem, readonly string[]])[] = [
  [
    { status: 400, title: 'Malformed input' },
    [
      'bytes_base64',
      'bytes_hex',
      'bytes_utf8',
      'crypto_hash',
      'crypto_public_key',
      'digest_invalid',
      'json_duplicate_key',
      'json_invalid',
      'json_not_storable',
      'json_too_deep',
      'shape_invalid',
      'xml_invalid',
    ],
  ],
  [
    { status: 400, title: 'Issuer configuration malformed' },
    ['fulcio_config_invalid', 'fulcio_template_invalid', 'fulcio_url_invalid'],
  ],
  [
    { status: 400, title: 'Identity token not fit for a certificate' },
    ['fulcio_certificate_refused', 'fulcio_claim_invalid', 'fulcio_template_failed', 'fulcio_token_refused'],
  ],
  [
    { status: 413, title: 'Input too large' },
    ['intoto_too_large', 'json_too_large', 'oci_manifest_too_large'],
  ],
  [
    { status: 400, title: 'Invalid attestation' },
    [
      'bundle_format',
      'bundle_invalid',
      'bundle_version',
      'dsse_invalid',
      'dsse_no_signature',
      'dsse_not_base64',
      'dsse_too_many_signatures',
      'intoto_invalid',
      'intoto_no_subject',
      'intoto_subject_without_digest',
      'run_predicate_invalid',
      'chainloop_predicate_invalid',
      'vsa_predicate_invalid',
      'witness_collection_invalid',
    ],
  ],
  [
    { status: 422, title: 'Invalid material' },
    ['material_empty', 'material_invalid', 'material_kind_unknown', 'material_kind_unsupported'],
  ],
  [{ status: 422, title: 'Invalid contract' }, ['contract_invalid']],
  [
    { status: 422, title: 'Policy not usable' },
    ['policy_invalid', 'policy_source_invalid', 'policy_stopped', 'policy_evaluation_failed'],
  ],
  [
    { status: 400, title: 'Invalid OCI content' },
    [
      'oci_descriptor_invalid',
      'oci_manifest_invalid',
      'oci_media_type_unsupported',
      'oci_reference_invalid',
      'oci_repository_invalid',
      'oci_tag_invalid',
    ],
  ],
  [
    { status: 400, title: 'Invalid log content' },
    [
      'tlog_bundle_invalid',
      'tlog_checkpoint_invalid',
      'tlog_entry_invalid',
      'tlog_key_unsupported',
      'tlog_note_invalid',
      'tlog_origin_mismatch',
      'tlog_proof_invalid',
      'tlog_range_invalid',
      'tlog_signature_invalid',
      'tlog_tile_invalid',
      'tlog_tile_path_invalid',
    ],
  ],
  [
    { status: 400, title: 'Invalid certificate or request' },
    [
      'signing_config_invalid',
      'signing_config_no_service',
      'trust_root_invalid',
      'x509_certificate',
      'x509_chain',
      'x509_csr',
      'x509_csr_signature',
      'x509_der',
      'x509_pem',
      'x509_timestamp',
      'x509_timestamp_policy',
      'x509_timestamp_request',
    ],
  ],
  [
    { status: 422, title: 'Not verified' },
    [
      'audit_anchor_invalid',
      'audit_anchor_mismatch',
      'audit_chain_broken',
      'verify_artifact',
      'verify_certificate',
      'verify_identity',
      'verify_key_unknown',
      'verify_log_entry',
      'verify_not_a_statement',
      'verify_not_logged',
      'verify_sct',
      'verify_signature',
      'verify_threshold',
      'verify_timestamp',
    ],
  ],
  // Only what we build ourselves can fail these.
  [{ status: 500, title: 'Internal error' }, ['x509_build_invalid', 'x509_der_write']],
];

export const CORE_PROBLEMS: ProblemMap = Object.fromEntries(
  GROUPS.flatMap(([problem, codes]) => codes.map((code) => [code, problem])),
);
