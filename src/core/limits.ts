// Every limit of the data path in one place, units last. A limit that is reached ends in a named refusal.

export const limits = {
  /** PostgreSQL: before a caller is authenticated, a message may not be larger. */
  startupBytesMax: 10_000,
  passwordBytesMax: 65_536,
  /** A query, parse or bind message. */
  statementBytesMax: 16_777_216,
  statementDepthMax: 500,
  statementsPerMessageMax: 100,
  /**
   * Any one message from the upstream (one DataRow is one message), without what is masked whole in it (ADR 38). It is recorded
   * in one payload, which has to hold it also when masks have made it longer.
   */
  backendMessageBytesMax: 33_554_432,
  /** PostgreSQL has 1,664 columns at most, of 82 bytes each. */
  rowDescriptionBytesMax: 1_048_576,
  preparedPerSessionMax: 10_000,
  /** One response chunk is recorded, made durable and released at a time. */
  responseChunkBytesMax: 1_048_576,
  authenticationMs: 30_000,
  upstreamConnectMs: 10_000,
  sessionsMax: 10_000,

  /** MCP */
  mcpRequestBytesMax: 8_388_608,
  mcpResponseBytesMax: 67_108_864,
  /** A longer answer is not held whole where its texts can be masked as they come. */
  mcpHeldBytesMax: 1_048_576,
  /** What all sessions together hold of answers that are longer; a value counts as 256 bytes. */
  mcpHeldTotalBytesMax: 67_108_864,
  /** How long an answer waits until so little is held. */
  mcpHeldWaitMs: 60_000,
  /** Objects, arrays and values in one such answer, in its texts too: to mask a million of them takes more than a gigabyte. */
  mcpValuesMax: 1_000_000,
  mcpDepthMax: 64,
  mcpSessionsPerSubjectMax: 50,
  mcpInFlightPerSessionMax: 64,
  mcpUpstreamStartMs: 30_000,
  mcpCallMs: 300_000,
  mcpStdioLineBytesMax: 67_108_864,

  /** Log */
  /** Entry bundles of C2SP tlog-tiles carry 16-bit lengths. */
  entryBytesMax: 65_535,
  payloadBytesMax: 67_108_864,
  /** Kept back on the disk of the log for break-glass. With less than four times that free besides, nothing else goes on. */
  logReserveBytes: 16_777_216,

  /** Identity */
  clockSkewMs: 60_000,
  credentialMs: 900_000,
  tokenBytesMax: 16_384,
  /** How far ahead an assertion (RFC 7523) may end: it is made to be used at once. */
  assertionMs: 600_000,
  /** Actors in one `act` claim (RFC 8693). */
  actorsMax: 8,
  /** A SAML response comes as a form. */
  signInFormBytesMax: 262_144,
  /** An account at an upstream that nobody uses is forgotten. 180 days. */
  accountIdleMs: 15_552_000_000,
  /** How old a provider's word of a logout may be. */
  logoutTokenMs: 300_000,
} as const;
