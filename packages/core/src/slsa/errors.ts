import { errorsOf } from '../errors.ts';

export type SlsaCode =
  | 'slsa_builder'
  | 'slsa_build_type'
  | 'slsa_contradiction'
  | 'slsa_inputs'
  | 'slsa_npm_invalid'
  | 'slsa_package'
  | 'slsa_ref'
  | 'slsa_source'
  | 'slsa_vsa';

export const slsaError = errorsOf<SlsaCode>();
