# Perl's DBD::Pg: what it can do at a database, a line a step; `masked` reads protected columns by every way it has.
use strict;
use warnings;
use utf8;
use DBI;
use DBD::Pg qw(:pg_types :async);
use JSON::PP;

binmode STDOUT, ':utf8';
my $json = JSON::PP->new->canonical->allow_nonref;

sub say_step { my ($step, @what) = @_; print "$step: ", join(' ', map { $json->encode($_) } @what), "\n"; }

sub connected {
  my %more = @_;
  return DBI->connect('dbi:Pg:', undef, undef, { RaiseError => 1, PrintError => 0, PrintWarn => 0, AutoCommit => 1, %more });
}

sub masked {
  my $db = connected();
  say_step('simple', $db->selectall_arrayref('SELECT id, first, ssn, birthdate, visits, tags, extra FROM patients ORDER BY id'));
  for my $server (0, 1) {
    my $read = $db->prepare('SELECT ssn, first, birthdate FROM patients WHERE id = ?', { pg_server_prepare => $server });
    say_step('prepared', map { [@{ $db->selectrow_arrayref($read, undef, $_) }] } 1, 2, 1);
  }
  $db->begin_work;
  $db->do('DECLARE c CURSOR FOR SELECT ssn, first FROM patients');
  say_step('cursor', $db->selectall_arrayref('FETCH 1 FROM c'), $db->selectall_arrayref('FETCH ALL FROM c'));
  $db->commit;
  $db->do('COPY (SELECT id, ssn FROM patients) TO STDOUT');
  my ($line, @lines) = ('');
  push @lines, $line while $db->pg_getcopydata($line) >= 0;
  say_step('copy', @lines);
  $db->do('SELECT ssn FROM patients', { pg_async => PG_ASYNC });
  say_step('async', $db->pg_result);
  eval { $db->selectall_arrayref(q{SELECT 1 FROM patients WHERE ssn = '123-45-6789'}) };
  say_step('filter', $db->state);
  say_step('columns', map { [@$_[3, 5]] } @{ $db->column_info(undef, 'public', 'patients', undef)->fetchall_arrayref });
  say_step('keys', $db->primary_key(undef, 'public', 'patients'));
  say_step('tables', grep { /wards|patients/ } $db->tables(undef, 'public', '%', 'TABLE'));
}

sub steps {
  my $db = connected();
  say_step('session', $db->{pg_server_version}, $db->{pg_lib_version} > 0, $db->{pg_enable_utf8}, $db->ping);
  my $typed = $db->prepare('SELECT ?::int, ?::text, ?::text, ?::bool, ?::bytea, ?::numeric, ?::date, ?::int[]');
  $typed->bind_param(5, undef, { pg_type => PG_BYTEA });
  $typed->execute(7, "é'\\x", undef, 't', "\x00\xff", '1.50', '2020-02-02', [1, 2]);
  say_step('types', $typed->fetchrow_arrayref, $typed->{NAME}, $typed->{TYPE}, $typed->{pg_type});
  $db->do('CREATE TEMP TABLE t (id int PRIMARY KEY, label text)');
  my $insert = $db->prepare('INSERT INTO t VALUES (?, ?)');
  say_step('batch', $insert->execute_array({}, [0 .. 249], [map { "l$_" } 0 .. 249]));
  $db->do('COPY t FROM STDIN');
  $db->pg_putcopydata("1000\ta,b\n");
  $db->pg_putcopydata("1001\t\\N\n");
  $db->pg_putcopyend;
  $db->do('COPY (SELECT * FROM t WHERE id > 248 ORDER BY id) TO STDOUT');
  my ($line, @lines) = ('');
  push @lines, $line while $db->pg_getcopydata($line) >= 0;
  say_step('copy', @lines);
  $db->begin_work;
  $db->pg_savepoint('here');
  eval { $insert->execute(1, 'again') };
  say_step('error', $db->state, map { $db->pg_error_field($_) } 'constraint', 'detail', 'severity', 'source_function');
  $db->pg_rollback_to('here');
  $db->do('DECLARE c SCROLL CURSOR FOR SELECT id FROM t ORDER BY id');
  say_step('cursor', $db->selectcol_arrayref('FETCH 3 FROM c'), $db->selectcol_arrayref('FETCH LAST FROM c'));
  $db->commit;
  my $read = $db->prepare('SELECT label FROM t WHERE id = ?', { pg_prepare_now => 1 });
  say_step('prepared', map { $db->selectcol_arrayref($read, undef, $_) } 3, 4, 5);
  my $big = 'x' x 3_000_000;
  say_step('big', $db->selectrow_array('SELECT ?::text', undef, $big) eq $big ? 1 : 0);
  $db->do('LISTEN news');
  $db->do("NOTIFY news, 'heard'");
  my $heard = $db->pg_notifies;
  say_step('notify', $heard->[0], $heard->[2], $heard->[1] == $db->{pg_pid} ? 1 : 0);
  local $SIG{__WARN__} = sub { say_step('notice', @_) };
  $db->{PrintWarn} = 1;
  $db->do(q{DO $$ BEGIN RAISE NOTICE 'noted %', 1; END $$});
  $db->do('SELECT pg_sleep(60)', { pg_async => PG_ASYNC });
  my $other = connected();
  my $asleep = $other->prepare("SELECT 1 FROM pg_stat_activity WHERE pid = ? AND wait_event = 'PgSleep'");
  1 until $other->selectrow_array($asleep, undef, $db->{pg_pid});
  say_step('cancel', $db->pg_cancel ? 1 : 0, $db->state, $db->selectrow_array('SELECT 42'));
  say_step('large object', $db->selectrow_array(q{SELECT lo_unlink(lo_from_bytea(0, 'x'))}));
  say_step('columns', map { [@$_[3, 5]] } @{ $db->column_info(undef, 'public', 'wards', undef)->fetchall_arrayref });
  say_step('foreign keys', map { [@$_[2, 3, 6, 7]] } @{ $db->foreign_key_info(undef, 'public', 'patients', undef, 'public', 'notes')->fetchall_arrayref });
  my $pid = $db->{pg_pid};
  $db->do('SELECT pg_sleep(60)', { pg_async => PG_ASYNC });
  my $kill = $other->prepare("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ? AND wait_event = 'PgSleep'");
  1 until $other->selectrow_array($kill, undef, $pid);
  eval { $db->pg_result };
  say_step('terminated', $db->state, $db->ping);
}

@ARGV ? masked() : steps();
