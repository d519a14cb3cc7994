/** Cryptographic randomness. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** A new identifier, sortable by time: `prefix` + `_` + 26 characters of Crockford base 32 (ULID). */
  id(prefix: string): string;
}
