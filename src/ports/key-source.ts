// Where the public keys come from that tokens are verified with.

import type { CryptoKey, FlattenedJWSInput, JWSHeaderParameters } from 'jose';

/**
 * Public keys of one issuer. Resolves the key for a token's header (`kid`, `alg`), fetching or re-reading when it is new.
 * @throws jose's JWKSNoMatchingKey and kin, which count as an invalid token.
 */
export type KeySource = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;
