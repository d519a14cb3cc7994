# psycopg 3: what it can do at a database, a line a step; `masked` reads protected columns by every way it has.
import asyncio, datetime, sys, threading
from decimal import Decimal
import psycopg
from psycopg.rows import dict_row


def say(step, *what):
    print(step + ":", *[repr(each) for each in what])


def masked():
    db = psycopg.connect("", autocommit=True)
    for binary in (False, True):
        cursor = db.cursor(binary=binary)
        say("simple", cursor.execute("SELECT id, first, ssn, birthdate, visits, tags, extra FROM patients ORDER BY id").fetchall())
        for _ in range(7):
            row = cursor.execute("SELECT ssn, birthdate FROM patients WHERE id = %s", (1,)).fetchone()
        say("prepared", row)
        with db.transaction(), db.cursor("c", binary=binary) as named:
            say("cursor", named.execute("SELECT ssn, first FROM patients").fetchall())
    for form in ("text", "csv", "binary"):
        with cursor.copy("COPY (SELECT id, ssn FROM patients) TO STDOUT (FORMAT %s)" % form) as copy:
            say("copy", [bytes(each) for each in copy])
    with db.pipeline():
        a = db.execute("SELECT ssn FROM patients WHERE id = %s", (1,))
        b = db.execute("SELECT first FROM patients WHERE id = %s", (2,))
        say("pipeline", a.fetchall(), b.fetchall())
    try:
        db.execute("SELECT 1 FROM patients WHERE ssn = %s", ("123-45-6789",))
    except psycopg.Error as error:
        say("filter", error.sqlstate)


def steps():
    db = psycopg.connect("")
    say("session", db.info.encoding, db.info.server_version, db.info.parameter_status("TimeZone"), db.info.vendor)
    given = (7, 2**40, "é'\\x", None, True, b"\x00\xff", Decimal("1.50"), datetime.date(2020, 2, 2), [1, 2], ["a,b", None], 1.5)
    for binary in (False, True):
        cursor = db.cursor(binary=binary)
        cursor.execute("SELECT " + ", ".join(["%s"] * len(given)), given)
        say("types", cursor.fetchone(), [each.type_code for each in cursor.description])
        cursor.execute("SELECT %b::int8, %t::text, '{\"a\":[1]}'::jsonb, int4range(1, 5), interval '1 day', '10.0.0.1'::inet", (5, "x"))
        say("more types", cursor.fetchone())
    cursor = db.cursor()
    cursor.execute("CREATE TEMP TABLE t (id int PRIMARY KEY, label text)")
    cursor.executemany("INSERT INTO t VALUES (%s, %s)", [(n, "l%d" % n) for n in range(250)])
    say("batch", cursor.rowcount)
    cursor.executemany("INSERT INTO t VALUES (%s, %s) RETURNING id", [(n, "m") for n in range(300, 303)], returning=True)
    said = [cursor.fetchone()]
    while cursor.nextset():
        said.append(cursor.fetchone())
    say("returning", said)
    with cursor.copy("COPY t FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int4", "text"])
        copy.write_row((1000, "a,b"))
        copy.write_row((1001, None))
    with cursor.copy("COPY (SELECT * FROM t WHERE id > 248 ORDER BY id) TO STDOUT") as copy:
        say("copy", list(copy.rows()))
    try:
        with cursor.copy("COPY t FROM STDIN") as copy:
            copy.write("2000\tx\n")
            raise ValueError("given up")
    except psycopg.Error as error:
        say("copy given up", error.sqlstate, str(error), db.info.transaction_status.name)
    db.rollback()
    cursor.execute("CREATE TEMP TABLE t (id int PRIMARY KEY, label text)")
    cursor.execute("INSERT INTO t SELECT n, 'l' || n FROM generate_series(0, 249) n ON CONFLICT DO NOTHING")
    try:
        with db.transaction():
            cursor.execute("INSERT INTO t VALUES (%s, 'again')", (1,))
    except psycopg.errors.UniqueViolation as error:
        say("error", error.sqlstate, error.diag.constraint_name, error.diag.message_detail, error.diag.source_function)
    say("savepoint", cursor.execute("SELECT count(*) FROM t").fetchone())
    with db.cursor("walk") as named:
        named.itersize = 60
        say("cursor", sum(1 for _ in named.execute("SELECT id FROM t ORDER BY id LIMIT 200")))
    with db.cursor("s", scrollable=True, row_factory=dict_row) as named:
        named.execute("SELECT id FROM t ORDER BY id")
        named.scroll(9)
        say("scrolled", named.fetchone())
    for n in range(8):
        row = cursor.execute("SELECT label FROM t WHERE id = %s", (n,)).fetchone()
    say("prepared", row, cursor.execute("SELECT count(*) FROM pg_prepared_statements").fetchone())
    cursor.execute("ALTER TABLE t ADD more int")
    say("after alter", cursor.execute("SELECT label FROM t WHERE id = %s", (5,)).fetchone())
    big = "x" * 3_000_000
    row = cursor.execute("SELECT length(%s::text), %s::text", (big, big)).fetchone()
    say("big", row[0], row[1] == big)
    db.commit()
    db.autocommit = True
    with db.pipeline():
        asked = [db.execute("SELECT %s::int", (n,)) for n in range(100)]
        say("pipeline", sum(each.fetchone()[0] for each in asked))
    try:
        with db.pipeline():
            first = db.execute("SELECT 1")
            db.execute("SELECT 1 / 0")
            db.execute("SELECT 2")
    except psycopg.Error as error:
        say("broken pipeline", error.sqlstate, first.fetchone())
    db.execute("LISTEN news")
    with psycopg.connect("", autocommit=True) as other:
        other.execute("NOTIFY news, 'heard'")
        for each in db.notifies():
            say("notify", each.channel, each.payload, each.pid == other.info.backend_pid)
            break
    db.add_notice_handler(lambda diag: say("notice", diag.severity, diag.message_primary))
    db.execute("DO $$ BEGIN RAISE NOTICE 'noted %', 1; END $$")
    threading.Timer(0.5, db.cancel).start()
    try:
        db.execute("SELECT pg_sleep(60)")
    except psycopg.Error as error:
        say("cancel", error.sqlstate)
    say("streamed", sum(n for (n,) in cursor.stream("SELECT generate_series(1, 1000)")))
    killer = threading.Thread(target=terminate, args=(db.info.backend_pid,))
    killer.start()
    try:
        db.execute("SELECT pg_sleep(60)")
    except psycopg.Error as error:
        say("terminated", type(error).__name__, error.sqlstate, db.closed)
    killer.join()
    asyncio.run(asynchronous())


def terminate(pid):
    db = psycopg.connect("", autocommit=True)
    while not db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'", (pid,)).rowcount:
        pass


async def asynchronous():
    async with await psycopg.AsyncConnection.connect("") as db:
        async with db.cursor() as cursor:
            await cursor.execute("SELECT %s::text", ("async",))
            say("async", await cursor.fetchone())


masked() if sys.argv[1:] == ["masked"] else steps()
