# Ruby's pg: what it can do at a database, a line a step; `masked` reads protected columns by every way it has.
require 'pg'

def say_step(step, *what) = puts("#{step}: #{what.map(&:inspect).join(' ')}")

def masked
  db = PG.connect
  say_step('simple', db.exec('SELECT id, first, ssn, birthdate, visits, tags, extra FROM patients ORDER BY id').values)
  say_step('parameter', db.exec_params('SELECT ssn, birthdate FROM patients WHERE id = $1', [1]).values)
  say_step('binary', db.exec_params('SELECT ssn, visits FROM patients WHERE id = $1', [1], 1).values)
  db.prepare('p', 'SELECT ssn, first FROM patients WHERE id = $1')
  say_step('prepared', db.exec_prepared('p', [1]).values, db.exec_prepared('p', [2]).values)
  db.send_query('SELECT ssn FROM patients')
  db.set_single_row_mode
  say_step('single rows', db.get_result.stream_each.to_a)
  db.get_last_result
  lines = []
  db.copy_data('COPY (SELECT id, ssn FROM patients) TO STDOUT') { while (line = db.get_copy_data); lines << line; end }
  say_step('copy', lines)
  db.transaction do
    db.exec('DECLARE c CURSOR FOR SELECT ssn, first FROM patients')
    say_step('cursor', db.exec('FETCH 1 FROM c').values, db.exec('FETCH ALL FROM c').values)
  end
  db.enter_pipeline_mode
  db.send_query_params('SELECT ssn FROM patients WHERE id = $1', [1])
  db.send_query_params('SELECT first FROM patients WHERE id = $1', [2])
  db.pipeline_sync
  4.times { (result = db.get_result) && say_step('pipeline', result.values) }
  say_step('pipeline', db.get_result.result_status == PG::PGRES_PIPELINE_SYNC)
  db.exit_pipeline_mode
  db.exec("SELECT 1 FROM patients WHERE ssn = '123-45-6789'")
rescue PG::Error => e
  say_step('filter', e.result.error_field(PG::PG_DIAG_SQLSTATE))
end

def diagnosed(step)
  yield
rescue PG::Error => e
  r = e.result
  say_step(step, e.class, *(r && [PG::PG_DIAG_SQLSTATE, PG::PG_DIAG_CONSTRAINT_NAME, PG::PG_DIAG_MESSAGE_DETAIL, PG::PG_DIAG_STATEMENT_POSITION, PG::PG_DIAG_SOURCE_FUNCTION].map { |f| r.error_field(f) }))
end

def asleep(other, db, act)
  other.exec_params("SELECT #{act} FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'", [db.backend_pid]).ntuples == 1
end

def steps
  db = PG.connect
  db.type_map_for_results = PG::BasicTypeMapForResults.new(db)
  say_step('session', db.server_version, db.protocol_version, db.get_client_encoding, db.parameter_status('integer_datetimes'))
  result = db.exec_params('SELECT $1::int, $2::text, $3::text, $4::bool, $5::bytea, $6::date, $7::int[], $8::jsonb',
                          [7, "é'\\x", nil, true, { value: "\x00\xFF".b, format: 1 }, '2020-02-02', '{1,2}', '{"a":1}'])
  say_step('types', result.values, result.fields, (0...8).map { |n| [result.ftype(n), result.fmod(n), result.fsize(n)] })
  say_step('binary', db.exec_params('SELECT 1::int8, 2.5::float8, \'x\'::text, now() IS NOT NULL', [], 1).values)
  db.exec('CREATE TEMP TABLE t (id int PRIMARY KEY, label text)')
  db.prepare('i', 'INSERT INTO t VALUES ($1, $2)')
  250.times { |n| db.exec_prepared('i', [n, "l#{n}"]) }
  described = db.describe_prepared('i')
  say_step('described', described.nparams, described.paramtype(0), described.paramtype(1))
  db.copy_data('COPY t FROM STDIN CSV') { db.put_copy_data("1000,\"a,b\"\n"); db.put_copy_data("1001,\n") }
  diagnosed('copy given up') { db.copy_data('COPY t FROM STDIN') { db.put_copy_data("2000\tx\n"); raise PG::Error, 'given up' } }
  lines = []
  db.copy_data('COPY (SELECT * FROM t WHERE id > 248 ORDER BY id) TO STDOUT') { while (line = db.get_copy_data); lines << line; end }
  say_step('copy', lines)
  db.exec('BEGIN; SAVEPOINT s')
  diagnosed('error') { db.exec_prepared('i', [1, 'again']) }
  diagnosed('in error') { db.exec('SELECT 1') }
  say_step('transaction', db.transaction_status)
  db.exec('ROLLBACK TO s; COMMIT')
  diagnosed('position') { db.exec('SELECT nothing FROM t') }
  db.send_query('SELECT id FROM t ORDER BY id')
  db.set_single_row_mode
  say_step('single rows', db.get_result.stream_each_row.to_a.size)
  db.get_last_result
  db.enter_pipeline_mode
  3.times { |n| db.send_query_params(n == 1 ? 'SELECT 1/0' : 'SELECT $1::int', n == 1 ? [] : [n]) }
  db.pipeline_sync
  statuses = []
  7.times { r = begin; db.get_result; rescue PG::Error => e; e.result; end; statuses << r&.result_status }
  say_step('broken pipeline', statuses)
  db.discard_results
  db.exit_pipeline_mode
  big = 'x' * 3_000_000
  say_step('big', db.exec_params('SELECT $1::text', [big]).getvalue(0, 0) == big)
  db.exec('LISTEN news')
  PG.connect { |other| other.exec("NOTIFY news, 'heard'") }
  db.wait_for_notify(30) { |channel, _, payload| say_step('notify', channel, payload) }
  db.set_notice_processor { |text| say_step('notice', text) }
  db.exec("DO $$ BEGIN RAISE NOTICE 'noted %', 1; END $$")
  db.send_query('SELECT pg_sleep(60)')
  PG.connect { |other| nil until asleep(other, db, '1') }
  say_step('cancel', db.cancel)
  diagnosed('cancelled') { db.get_last_result }
  say_step('several', db.exec('SELECT 1; SELECT 2').values)
  db.reset
  say_step('reset', db.exec('SELECT to_regclass($$t$$)').values)
  db.send_query('SELECT pg_sleep(60)')
  PG.connect { |other| nil until asleep(other, db, 'pg_terminate_backend(pid)') }
  diagnosed('terminated') { db.get_last_result }
end

ARGV.empty? ? steps : masked
