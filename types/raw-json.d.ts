// JSON.rawJSON (ECMAScript, Stage 4 of "JSON.parse source text access"), which TypeScript's libraries do not have yet.

interface JSON {
  /** `text`: JSON of one value that is no object or array. @throws SyntaxError */
  rawJSON(text: string): { readonly rawJSON: string };
  isRawJSON(value: unknown): boolean;
}
