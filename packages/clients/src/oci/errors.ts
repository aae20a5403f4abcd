import { errorsOf } from '@waybill/core';

export type OciClientCode =
  | 'oci_client_unauthorized'
  | 'oci_client_denied'
  | 'oci_client_not_found'
  | 'oci_client_refused'
  | 'oci_client_unavailable'
  | 'oci_client_timeout'
  | 'oci_client_protocol'
  | 'oci_client_digest_mismatch'
  | 'oci_client_too_large'
  | 'oci_client_config_invalid';

export const ociClientError = errorsOf<OciClientCode>();
