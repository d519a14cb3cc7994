// The real PostgreSQL that tests talk to. Start one in a test file's `before`, share it, stop it in `after`; a test that
// fails or is killed leaves nothing behind.

export { type PostgresOptions, type PostgresServer, startPostgres } from '../../demo/postgres.ts';
