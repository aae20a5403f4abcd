/** What a reader of YAML hands over: METADATA blocks are YAML, and the parser has no dependency of its own. */
export type YamlNode =
  | {
      readonly kind: 'scalar';
      readonly value: null | boolean | number | string;
      /** As written, without quotes. */
      readonly text: string;
      readonly line: number;
    }
  | { readonly kind: 'list'; readonly items: readonly YamlNode[]; readonly line: number }
  | {
      readonly kind: 'map';
      readonly entries: readonly (readonly [key: YamlNode, value: YamlNode])[];
      readonly line: number;
    };

/** Lines start at 1; undefined where the problem has none. */
export interface YamlProblem {
  readonly problem: string;
  readonly line: number | undefined;
}
