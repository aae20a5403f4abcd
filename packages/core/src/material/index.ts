export { detectKind } from './detect.ts';
export { junitSuites } from './junit-suites.ts';
export {
  isMaterialKind,
  MATERIAL_KIND_NUMBERS,
  MATERIAL_KINDS,
  type MaterialKind,
  materialKindOf,
  parseKind,
} from './kind.ts';
export { SUPPORTED_KINDS } from './kinds.ts';
export type { MaterialComponent, MaterialTool } from './reader.ts';
export { type MaterialFacts, type ValidateMaterialOptions, validateMaterial } from './validate.ts';
