# psycopg2: what it can do at a database, a line a step; `masked` reads protected columns by every way it has.
import io, sys, threading, uuid
import psycopg2, psycopg2.extras
from psycopg2 import extensions


def say(step, *what):
    print(step + ":", *[repr(each) for each in what])


def masked():
    db = psycopg2.connect("")
    cursor = db.cursor()
    cursor.execute("SELECT id, first, ssn, birthdate, visits, tags, extra FROM patients ORDER BY id")
    say("simple", cursor.fetchall())
    cursor.execute("SELECT ssn FROM patients WHERE id = %s", (1,))
    say("parameter", cursor.fetchone())
    named = db.cursor("c")
    named.execute("SELECT ssn, first FROM patients")
    say("cursor", named.fetchmany(1), named.fetchall())
    out = io.StringIO()
    cursor.copy_expert("COPY (SELECT id, ssn FROM patients) TO STDOUT", out)
    say("copy", out.getvalue())
    try:
        cursor.execute("SELECT 1 FROM patients WHERE ssn = '123-45-6789'")
    except psycopg2.Error as error:
        say("filter", error.pgcode)
    db.rollback()
    cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_name = 'wards' ORDER BY 2")
    say("catalog", cursor.fetchall())


def steps():
    db = psycopg2.connect("")
    cursor = db.cursor()
    say("session", db.encoding, db.server_version, db.get_parameter_status("DateStyle"), db.protocol_version)
    psycopg2.extras.register_uuid()
    cursor.execute(
        "SELECT %s, %s, %s, %s, %s, %s::jsonb, %s::timestamptz, %s",
        (7, "é'\\x", None, True, b"\x00\xff", '{"a": [1]}', "2020-02-02 12:00+01", [1, 2]),
    )
    row = cursor.fetchone()
    say("types", row[:4], bytes(row[4]), row[5:], [each.type_code for each in cursor.description])
    cursor.execute("SELECT %s", (uuid.UUID(int=5),))
    say("uuid", cursor.fetchone())
    cursor.execute("CREATE TEMP TABLE t (id int PRIMARY KEY, label text)")
    psycopg2.extras.execute_values(cursor, "INSERT INTO t VALUES %s", [(n, "l%d" % n) for n in range(250)])
    psycopg2.extras.execute_batch(cursor, "UPDATE t SET label = %s WHERE id = %s", [("u%d" % n, n) for n in range(50)])
    say("batch", cursor.rowcount)
    cursor.copy_expert("COPY t FROM STDIN (FORMAT csv)", io.StringIO('1000,"a,b"\n1001,é\n'))
    out = io.BytesIO()
    cursor.copy_expert("COPY (SELECT * FROM t WHERE id > 248 ORDER BY id) TO STDOUT", out)
    say("copy", cursor.rowcount, out.getvalue())
    try:
        with db.cursor() as other:
            other.execute("SAVEPOINT s")
            other.execute("INSERT INTO t VALUES (1, 'again')")
    except psycopg2.errors.UniqueViolation as error:
        say("error", error.pgcode, error.diag.constraint_name, error.diag.message_detail, error.diag.severity, error.diag.source_function)
    say("in error", db.info.transaction_status == extensions.TRANSACTION_STATUS_INERROR)
    cursor.execute("ROLLBACK TO SAVEPOINT s")
    named = db.cursor("walk", scrollable=True)
    named.itersize = 60
    named.execute("SELECT id FROM t ORDER BY id")
    say("cursor", sum(1 for _ in named))
    named.scroll(0, mode="absolute")
    say("scrolled", named.fetchone())
    db.commit()
    cursor.execute("PREPARE p (int) AS SELECT label FROM t WHERE id = $1")
    cursor.execute("EXECUTE p (3)")
    say("prepared", cursor.fetchall())
    big = "x" * 3_000_000
    cursor.execute("SELECT length(%s), md5(%s), %s", (big, big, big))
    row = cursor.fetchone()
    say("big", row[:2], row[2] == big)
    db.commit()
    cursor.execute("LISTEN news")
    cursor.execute("NOTIFY news, 'heard'")
    db.commit()
    db.poll()
    say("notify", [(each.channel, each.payload, each.pid == db.info.backend_pid) for each in db.notifies])
    cursor.execute("DO $$ BEGIN RAISE NOTICE 'noted %', 1; END $$")
    say("notice", db.notices[-1])
    timer = threading.Timer(0.5, db.cancel)
    timer.start()
    try:
        cursor.execute("SELECT pg_sleep(60)")
    except psycopg2.Error as error:
        say("cancel", error.pgcode)
    db.rollback()
    db.set_session(isolation_level="SERIALIZABLE", readonly=True)
    try:
        cursor.execute("CREATE TABLE no (a int)")
    except psycopg2.Error as error:
        say("read only", error.pgcode)
    db.rollback()
    db.set_session(readonly=False, autocommit=True)
    cursor.execute("SELECT 1; SELECT 2")
    say("several", cursor.fetchall(), cursor.statusmessage)
    killer = threading.Thread(target=terminate, args=(db.info.backend_pid,))
    killer.start()
    try:
        cursor.execute("SELECT pg_sleep(60)")
    except psycopg2.Error as error:
        say("terminated", type(error).__name__, error.pgcode, db.closed)
    killer.join()
    again = psycopg2.connect("")
    say("again", again.info.status)
    asynchronous = psycopg2.connect("", async_=True)
    psycopg2.extras.wait_select(asynchronous)
    its = asynchronous.cursor()
    its.execute("SELECT 42")
    psycopg2.extras.wait_select(asynchronous)
    say("async", its.fetchone())


def terminate(pid):
    db = psycopg2.connect("")
    db.autocommit = True
    cursor = db.cursor()
    while cursor.rowcount != 1:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'", (pid,))


masked() if sys.argv[1:] == ["masked"] else steps()
