// Go's pgx and lib/pq: what they can do at a database, a line a step; `masked` reads protected columns by every way they
// have.
package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgconn"
	"github.com/jackc/pgx/v4"
	"github.com/lib/pq"
)

var background = context.Background()

func say(step string, what ...interface{}) { fmt.Println(step+":", fmt.Sprintf("%v", what)) }

func need(err error) {
	if err != nil {
		panic(err)
	}
}

func connect() *pgx.Conn {
	db, err := pgx.Connect(background, "")
	need(err)
	return db
}

func rows(found pgx.Rows, err error) [][]interface{} {
	if err != nil {
		return [][]interface{}{{failed(err)}}
	}
	defer found.Close()
	all := [][]interface{}{}
	for found.Next() {
		row, err := found.Values()
		need(err)
		for at, each := range row {
			if when, ok := each.(time.Time); ok {
				row[at] = when.UTC().Format(time.RFC3339)
			}
		}
		all = append(all, row)
	}
	if found.Err() != nil {
		return append(all, []interface{}{failed(found.Err())})
	}
	return all
}

func failed(err error) string {
	var ours *pgconn.PgError
	var theirs *pq.Error
	if errors.As(err, &ours) {
		return strings.Join([]string{ours.Code, ours.ConstraintName, ours.Detail, ours.Routine}, " ")
	}
	if errors.As(err, &theirs) {
		return strings.Join([]string{string(theirs.Code), theirs.Constraint, theirs.Detail, theirs.Routine}, " ")
	}
	return fmt.Sprintf("%T", err)
}

func masked() {
	db := connect()
	say("binary", rows(db.Query(background, "SELECT id, first, ssn, birthdate, visits, tags FROM patients ORDER BY id")))
	say("simple", rows(db.Query(background, "SELECT ssn, first FROM patients WHERE id = $1", pgx.QuerySimpleProtocol(true), 1)))
	_, err := db.Prepare(background, "p", "SELECT ssn, birthdate FROM patients WHERE id = $1")
	need(err)
	say("prepared", rows(db.Query(background, "p", 1)), rows(db.Query(background, "p", 2)))
	batch := &pgx.Batch{}
	batch.Queue("SELECT ssn FROM patients WHERE id = $1", 1)
	batch.Queue("SELECT first FROM patients WHERE id = $1", 2)
	answers := db.SendBatch(background, batch)
	say("batch", rows(answers.Query()), rows(answers.Query()))
	need(answers.Close())
	for _, form := range []string{"text", "binary"} {
		var out bytes.Buffer
		_, err = db.PgConn().CopyTo(background, &out, "COPY (SELECT id, ssn FROM patients) TO STDOUT (FORMAT "+form+")")
		need(err)
		say("copy", fmt.Sprintf("%q", out.String()))
	}
	say("filter", rows(db.Query(background, "SELECT 1 FROM patients WHERE ssn = $1", "123-45-6789")))
	other, err := sql.Open("postgres", "")
	need(err)
	for _, id := range []int{1, 2} {
		var ssn, first string
		var born time.Time
		need(other.QueryRow("SELECT ssn, first, birthdate FROM patients WHERE id = $1", id).Scan(&ssn, &first, &born))
		say("lib/pq", ssn, first, born.UTC().Format(time.RFC3339))
	}
	_, err = other.Exec("SELECT 1 FROM patients WHERE ssn = '123-45-6789'")
	say("filter", failed(err))
}

func steps() {
	db := connect()
	say("session", db.PgConn().ParameterStatus("server_version"), db.PgConn().ParameterStatus("integer_datetimes"))
	given := []interface{}{7, int64(1) << 40, "é'\\x", nil, true, []byte{0, 255}, time.Date(2020, 2, 2, 12, 0, 0, 0, time.UTC), []int32{1, 2}, 1.5}
	types := "SELECT $1::int, $2::bigint, $3::text, $4::text, $5::bool, $6::bytea, $7::timestamptz, $8::int[], $9::float8"
	say("types", rows(db.Query(background, types, given...)))
	say("simple types", rows(db.Query(background, types, append([]interface{}{pgx.QuerySimpleProtocol(true)}, given...)...)))
	_, err := db.Exec(background, "CREATE TEMP TABLE t (id int PRIMARY KEY, label text)")
	need(err)
	batch := &pgx.Batch{}
	for id := 0; id < 250; id++ {
		batch.Queue("INSERT INTO t VALUES ($1, $2)", id, fmt.Sprintf("l%d", id))
	}
	need(db.SendBatch(background, batch).Close())
	copied, err := db.CopyFrom(background, pgx.Identifier{"t"}, []string{"id", "label"}, pgx.CopyFromRows([][]interface{}{{1000, "a,b"}, {1001, nil}}))
	say("copied", copied, err)
	_, err = db.CopyFrom(background, pgx.Identifier{"t"}, []string{"id", "label"}, pgx.CopyFromRows([][]interface{}{{2000, "a"}, {2000, "b"}}))
	say("copy that fails", failed(err))
	broken := &pgx.Batch{}
	broken.Queue("SELECT 1")
	broken.Queue("SELECT 1/0")
	broken.Queue("SELECT 2")
	answers := db.SendBatch(background, broken)
	say("broken batch", rows(answers.Query()), rows(answers.Query()), rows(answers.Query()))
	answers.Close()
	outer, err := db.Begin(background)
	need(err)
	inner, err := outer.Begin(background)
	need(err)
	_, err = inner.Exec(background, "INSERT INTO t VALUES (1, 'again')")
	say("error", failed(err))
	need(inner.Rollback(background))
	say("savepoint", rows(outer.Query(background, "SELECT count(*) FROM t")))
	need(outer.Commit(background))
	big := strings.Repeat("x", 3_000_000)
	var echo string
	need(db.QueryRow(background, "SELECT $1::text", big).Scan(&echo))
	say("big", echo == big)
	_, err = db.Exec(background, "LISTEN news")
	need(err)
	other := connect()
	_, err = other.Exec(background, "NOTIFY news, 'heard'")
	need(err)
	heard, err := db.WaitForNotification(background)
	need(err)
	say("notify", heard.Channel, heard.Payload, heard.PID == other.PgConn().PID())
	go func() {
		for len(rows(other.Query(background, "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'", db.PgConn().PID()))) == 0 {
		}
		need(db.PgConn().CancelRequest(background))
	}()
	_, err = db.Exec(background, "SELECT pg_sleep(60)")
	say("cancel", failed(err))
	results, err := db.PgConn().Exec(background, "SELECT 1; SELECT 2").ReadAll()
	need(err)
	say("several", len(results), string(results[1].Rows[0][0]))
	driver, err := sql.Open("postgres", "")
	need(err)
	driver.SetMaxOpenConns(1)
	var label string
	need(driver.QueryRow("SELECT $1::text || $2::int", "x", 5).Scan(&label))
	say("lib/pq", label)
	_, err = driver.Exec("CREATE TEMP TABLE t (id int PRIMARY KEY, label text)")
	need(err)
	transaction, err := driver.Begin()
	need(err)
	copying, err := transaction.Prepare(pq.CopyIn("t", "id", "label"))
	need(err)
	for id := 0; id < 250; id++ {
		_, err = copying.Exec(id, "l")
		need(err)
	}
	_, err = copying.Exec()
	need(err)
	need(copying.Close())
	need(transaction.Commit())
	_, err = driver.Exec("INSERT INTO t VALUES (1, 'again')")
	say("error", failed(err))
	slow, stop := context.WithTimeout(background, 500*time.Millisecond)
	defer stop()
	_, err = driver.ExecContext(slow, "SELECT pg_sleep(60)")
	say("given up", err != nil)
}

func main() {
	if len(os.Args) > 1 {
		masked()
	} else {
		steps()
	}
}
