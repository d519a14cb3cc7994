// Words of programs, their logs and their messages, which no dictionary of English has and nobody is called by.

export const programWords: ReadonlySet<string> = new Set(
  `addr airflow alloc ansible apache api arg args argv arr ascii async auth autocomplete autocompletion autoscaling autovacuum babel backend backends
  backlog backoff bigint bitbucket bitmap bool boolean booleans breadcrumb breadcrumbs btree bundler bundlers bytea bytecode bytes cassandra cb celery centos cfg
  chai changelog changeset changesets chatbot chatbots checkbox checkboxes checksum checksums chmod chrome ciphertext cli clipboard cmd cmdline cmp cname
  codebase codec codecs cols combobox commit commits completions concat conf config configs const coredump cron cronjob cronjobs crontab crud css csv ctl
  ctx cypress daemon daemons dagster dashboard dashboards dataframe dataset datasets datatype datatypes datetime dbms dbt debian reindex debounce debugger dedup dedupe
  deduplication deserialization deserialize dest dev diff diffs dir dirs dist django dns docker dockerfile downtime dropdown ebay elasticsearch
  elicitation elicitations elixir embedding embeddings enum enums env eof epoch err errno exe exec exporter exporters expr express failover fallback
  fastapi fedora favicon ffi fifo filename filenames filesystem flask flatten flink float fmt foreach formatter frontend fsync func gatsby gcc gecko gerrit
  getter git github gitlab glibc globbing goroutine goroutines gpu gradle grafana graphql grep gui gunicorn gzip hadoop hash hashes hashmap haskell
  heartbeats helm hibernate hostname hostnames html http https hudson hyperlink hyperlinks ide idempotency idempotent idx iframe iframes impl init inode
  inodes int integer integers interpreters io ip ipad ipv ish iso istio iterator iterators jaeger jasmine javascript jdbc jenkins jest jira jit journald
  json jsonb jupyter jwt kafka kanban karma keepalive keras kernel keycloak keyring keystore keystroke keystrokes kibana kube kubectl kubernetes kwargs
  lang laravel leaderboard lexer lib libc libs linter linux listbox localhost lockfile login logins logstash loki lookup lru lucene malloc markdown
  matcher maven max mcp md memcached memoization metadata middleware min minifier mkdir mocha modal modals mongo mongodb monorepo mountpoint mozilla msg
  mutex mutexes mysql nagios namespace namespaces navbar nginx nodejs nonce nonces npm npx null nullable num numpy oauth observability odbc offset offsets
  ok oncall oom opcode opcodes openapi opt opts os oscar outages paginated pagination pandas param params parser parsers passphrase passphrases
  passthrough perl permalink pgbouncer pid ping plaintext playbook playbooks plugin plugins pnpm pnpx polyfill popover popovers postgres postgresql
  prefetch preflight prepend proc prod profiler prometheus prompts protobuf psql pubsub py pytest python qos queryable queue queues quic rails rdbms
  readme readonly realtime rebase redis redshift redux ref refactor refactored refs regex regexes regexp rehashing repl replica replicas repo repos req
  res resync retries retryable roadmap roadmaps rollback rollbacks rollup rollups rowid rpc ruby runbook runbooks runtime runtimes rust sandboxed
  scheduler schema schemas scraper scrapers screenshot screenshots scrollbar sdk segfault segfaults selenium semver sentry seq serializable serializer sha
  shard sharded sharding shards sidebar sigkill sigterm sinatra sitemap sitemaps slug slugs snowflake splunk spring sql sqlite src ssh ssl sso stacktrace
  stateful stateless stderr stdin stdio stdout str struct structs stub stubs stylesheet stylesheets subdirectories subdirectory subdomain subdomains
  subfolder subfolders submodule submodules subnet subnets subprocess subqueries subquery subtotal sudo superset svc swagger symlink symlinks sync synced
  syncing sys syscall syscalls systemd tablespace tcp telemetry temp tempo tensorflow terraform textarea textbox throttling throughput thumbnail
  thumbnails timestamp timestamps timestamptz timeout timeouts tls tmp todo tokenizer tokenizers tomcat toml toolbar toolbars tooltip tooltips toplevel traceback
  tracebacks transpiler travis trie trino truststore tsv tsx tty tuple tuples txt typescript ubuntu udp ui uint uncaught unicode unix unmarshal unparsed
  upsert upserts uptime uri uris url urls usr utc utf util utils uuid uuids val validator vals var varchar vars vault viewport vite vitest vm wal watchdog
  webhook webhooks webkit webpack websocket websockets whitespace widget widgets wildcard wildcards xml yaml yml zlib zookeeper`.split(
    /\s+/,
  ),
);
