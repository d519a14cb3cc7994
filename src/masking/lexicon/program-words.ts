// Words of programs, their logs and their messages, which no dictionary of English has and nobody is called by.

export const programWords: ReadonlySet<string> = new Set(
  `addr alloc api args argv arg arr ascii async auth autocomplete autoscaling autovacuum backend backends bigint bitmap bool boolean boolean booleans btree
  bytea bytes cb cfg checksum checksums chmod cli cmd cmdline cmp cname codec codecs codebase cols commit commits concat conf config configs const
  coredump cron crud css csv ctx ctl daemon daemons dataframe dataset datasets datetime datatype datatypes dbms dedupe deserialize dest dev diff
  diffs dir dirs dist dns docker dockerfile enum enums env epoch eof err errno exec exe expr fallback ffi fifo filename filenames filesystem flatten
  float fmt foreach formatter frontend fsync func gcc getter git github gitlab glibc gpu grep gui gzip hash hashes hashmap hostname hostnames html http
  https ide idx iframe impl init inode inodes int integer integers io ip ipv ish iso iterator iterators javascript jdbc jit json jsonb jwt keepalive kernel
  kubernetes lang lexer lib libc libs linter linux localhost lockfile login logins lookup lru malloc markdown matcher max mcp md metadata middleware min
  mkdir mutex mutexes mysql namespace namespaces nginx nodejs npm null nullable num oauth odbc offset offsets ok oom oauth openapi opt opts os param params
  parser parsers passthrough pgbouncer pid ping plaintext plugin plugins pnpm postgres postgresql prefetch preflight prepend proc prod protobuf psql
  pubsub py python qos queryable queue queues quic rdbms readme readonly realtime redis redshift ref refactor refactored refs regex regexes regexp repl
  repo repos req res resync retryable rollback rollbacks rowid rpc runtime runtimes schema schemas scheduler sdk segfault semver seq serializer sha
  shard sharded sharding shards sigkill sigterm sql sqlite src ssh ssl sso stacktrace stateful stateless stdin stdio stderr stdout str struct structs
  stub stubs subnet subnets subprocess subquery subqueries subtotal sudo svc symlink symlinks sync syncing synced sys syscall syscalls tablespace tcp
  temp throughput timestamp timestamps timestamptz tls tmp todo tokenizer toml tooltip toplevel trie tsv tsx tty tuple tuples txt typescript ubuntu
  udp ui uint uncaught unicode unix unmarshal unparsed upsert upserts uri uris url urls usr utc utf util utils uuid uuids val validator vals var
  airflow ansible apache babel bitbucket cassandra celery chai cypress dagster dbt django elasticsearch elixir express fastapi flask flink gatsby gerrit
  gradle grafana graphql gunicorn hadoop haskell hibernate hudson istio jaeger jasmine jenkins jest jira jupyter kafka karma keras keycloak kibana
  laravel logstash loki lucene maven memcached mocha mongo mongodb nagios numpy oscar pandas perl prometheus pytest rails redux rollup ruby rust
  selenium sentry sinatra snowflake splunk spring superset swagger tempo tensorflow terraform tomcat travis trino vault vite vitest webpack zookeeper
  varchar vars vm wal webhook webhooks websocket websockets whitespace wildcard wildcards xml yaml yml zlib`.split(
    /\s+/,
  ),
);
