/** What a request of http.send may hold. */
import { termText } from '../values/text.ts';
import { type RegoObject, RegoSet } from '../values/value.ts';
import { operandError } from './builtin.ts';

const ALLOWED: ReadonlySet<unknown> = new Set(
  (
    'method url body enable_redirect force_json_decode force_yaml_decode headers raw_body tls_use_system_certs ' +
    'tls_ca_cert tls_ca_cert_file tls_ca_cert_env_variable tls_client_cert tls_client_cert_file ' +
    'tls_client_cert_env_variable tls_client_key tls_client_key_file tls_client_key_env_variable ' +
    'tls_insecure_skip_verify tls_server_name timeout cache force_cache force_cache_duration_seconds raise_error ' +
    'caching_mode max_retry_attempts cache_ignored_headers'
  ).split(' '),
);

export function checkRequest(request: RegoObject, position: number): void {
  const invalid = request.keys.filter((key) => !ALLOWED.has(key));
  if (invalid.length > 0) {
    throw operandError(position, `invalid request parameters(s): ${termText(RegoSet.of(invalid))}`);
  }
  const missing = ['method', 'url'].filter((name) => !request.has(name));
  if (missing.length > 0) {
    throw operandError(position, `missing required request parameters(s): ${termText(RegoSet.of(missing))}`);
  }
}
