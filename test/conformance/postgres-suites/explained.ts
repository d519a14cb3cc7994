// Differences that must be, by suite: what the gate does not carry, or keeps as it is, and why. A difference that is not
// here is a defect. docs/reference/postgres-transparency.md tells them to people.

export interface Explained {
  readonly reason: string;
  /** Names as the runner prints them, or how they begin. */
  readonly tests: readonly (string | RegExp)[];
}

const searchPath =
  'a session starts with search_path = public, not "$user", public: names of a schema "$user" are told qualified';
const encoding =
  'client_encoding and standard_conforming_strings are pinned for everybody: the analysis reads text by them';
const functionCall = 'libpq calls large objects by FunctionCall, which is not carried; SELECT lo_…() is';
const startupPath = 'search_path is none of the settings taken at startup, in `options` neither; SET is free';
const signInNotices = 'what the server says while it signs the gate in is told to nobody';
const longMessages = 'a message of a client has 16 MB at most';
const otherDatabase = 'a database is reached as a connection of the configuration, which one that a test makes is not';
const otherUser = 'who comes in is the subject of a token or credential, so a wrong password is told in other words';

export const explained: Readonly<Record<string, readonly Explained[]>> = {
  regress: [
    { reason: searchPath, tests: ['create_schema'] },
    { reason: encoding, tests: ['strings', 'plpgsql', 'copyencoding'] },
    { reason: functionCall, tests: ['largeobject'] },
    { reason: signInNotices, tests: ['event_trigger_login'] },
  ],
  ecpg: [
    { reason: encoding, tests: ['sql/quote', 'sql/show'] },
    { reason: otherUser, tests: ['connect/test5'] },
  ],
  pgx: [
    {
      reason: encoding,
      tests: [
        'jackc/pgx/v4: TestConnSimpleProtocolRefusesNonStandardConformingStrings',
        'jackc/pgx/v4: TestConnSimpleProtocolRefusesNonUTF8ClientEncoding',
      ],
    },
  ],
  psycopg2: [
    { reason: functionCall, tests: [/^LargeObject/] },
    {
      reason: encoding,
      tests: [
        'ConnectionTests::test_encoding_name',
        'CopyTests::test_copy_bytes',
        'CopyTests::test_copy_expert_textiobase',
        'CopyTests::test_copy_text',
        'HstoreTestCase::test_roundtrip',
        'HstoreTestCase::test_roundtrip_array',
        'JsonTestCase::test_scs',
        'NotifiesTests::test_notifies_received_on_set_client_encoding',
        /^QuotingTestCase::test_(?:bytes|koi8|latin1|unicode)$/,
      ],
    },
    {
      reason: longMessages,
      tests: [
        'AsyncTests::test_flush_on_write',
        'CopyTests::test_copy_from_insane_size',
        'GreenTestCase::test_flush_on_write',
      ],
    },
  ],
  asyncpg: [{ reason: otherDatabase, tests: ['TestIntrospection::test_introspection_loads_basetypes_of_domains'] }],
  slonik: [{ reason: startupPath, tests: ['command line options are passed to the underlying connection'] }],
  'lib-pq': [{ reason: startupPath, tests: ['lib/pq: TestRuntimeParameters'] }],
  libpqxx: [
    { reason: encoding, tests: ['test_007'] },
    {
      reason: functionCall,
      tests: [
        'test_048',
        'test_050',
        'test_051',
        'test_052',
        'test_053',
        'test_054',
        'test_055',
        'test_057',
        'test_058',
        'test_059',
        'test_065',
      ],
    },
  ],
};
