# Pgtcl: what it can do at a database, a line a step; `masked` reads protected columns by every way it has.
package require Pgtcl

proc say {step args} { puts "$step: $args" }

proc all {result} {
  set rows {}
  for {set at 0} {$at < [pg_result $result -numTuples]} {incr at} { lappend rows [pg_result $result -getTuple $at] }
  pg_result $result -clear
  return $rows
}

proc failed {step result} {
  say $step [pg_result $result -status] [pg_result $result -error sqlstate] [pg_result $result -error detail]
  pg_result $result -clear
}

set db [pg_connect -conninfo {}]
if {[lindex $argv 0] eq "masked"} {
  say simple [all [pg_exec $db "SELECT id, first, ssn, birthdate, visits, tags, extra FROM patients ORDER BY id"]]
  say parameter [all [pg_exec $db {SELECT ssn, birthdate FROM patients WHERE id = $1} 1]]
  pg_exec $db {PREPARE p (int) AS SELECT ssn FROM patients WHERE id = $1}
  say prepared [all [pg_exec_prepared $db p 2]]
  pg_select $db "SELECT ssn FROM patients" row { say row $row(ssn) }
  set copy [pg_exec $db "COPY (SELECT id, ssn FROM patients) TO STDOUT"]
  while {[gets $db line] >= 0 && $line ne "\\."} { say copy $line }
  failed filter [pg_exec $db "SELECT 1 FROM patients WHERE ssn = '123-45-6789'"]
  exit
}
say types [all [pg_exec $db {SELECT $1::int, $2::text, $3::bool} 7 "é'\\x" t]]
pg_exec $db "CREATE TEMP TABLE t (id int PRIMARY KEY, label text)"
pg_exec $db "INSERT INTO t SELECT n, 'l' || n FROM generate_series(0, 249) n"
set copy [pg_exec $db "COPY t FROM STDIN"]
puts $db "1000\ta,b"
puts $db "\\."
say copied [all [pg_exec $db "SELECT count(*) FROM t"]]
pg_exec $db "BEGIN"
failed error [pg_exec $db "INSERT INTO t VALUES (1, 'again')"]
failed "in error" [pg_exec $db "SELECT 1"]
pg_exec $db "ROLLBACK"
set big [string repeat x 3000000]
say big [string equal [lindex [all [pg_exec $db {SELECT $1::text} $big]] 0 0] $big]
proc hear {args} { set ::heard [lindex $args end-1] }
pg_listen $db news hear
pg_exec $db "NOTIFY news"
vwait heard
say notify $heard
set pid [lindex [all [pg_exec $db "SELECT pg_backend_pid()"]] 0 0]
pg_sendquery $db "SELECT pg_sleep(60)"
set other [pg_connect -conninfo {}]
while {[all [pg_exec $other {SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'} $pid]] eq {}} {}
pg_cancelrequest $db
failed cancel [pg_getresult $db]
