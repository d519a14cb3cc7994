# psqlODBC, by pyodbc: what it can do at a database, a line a step; `masked` reads protected columns by every way it has.
import os, sys, threading
import pyodbc


def say(step, *what):
    print(step + ":", *[repr(each) for each in what])


def connect(**more):
    given = {"Driver": "PostgreSQL Unicode", "Server": os.environ["PGHOST"], "Port": os.environ["PGPORT"], "Uid": os.environ["PGUSER"],
             "Pwd": os.environ["PGPASSWORD"], "Database": os.environ["PGDATABASE"], "SSLmode": os.environ["PGSSLMODE"], **more}
    return pyodbc.connect("".join("%s=%s;" % each for each in given.items()), autocommit=True)


def masked():
    for settings in ({}, {"UseServerSidePrepare": "0"}, {"UseDeclareFetch": "1", "Fetch": "1"}, {"ByteaAsLongVarBinary": "1", "BoolsAsChar": "0"}):
        cursor = connect(**settings).cursor()
        say("simple", settings, [tuple(row) for row in cursor.execute("SELECT id, first, ssn, birthdate, visits, tags, extra FROM patients ORDER BY id")])
        for id in (1, 2):
            say("parameter", [tuple(row) for row in cursor.execute("SELECT ssn, first, birthdate FROM patients WHERE id = ?", id)])
    say("tables", sorted(row.table_name for row in cursor.tables(schema="public", tableType="TABLE")))
    say("columns", [(row.column_name, row.type_name, row.nullable) for row in cursor.columns("patients")])
    say("keys", [row.column_name for row in cursor.primaryKeys("patients")], [row.index_name for row in cursor.statistics("patients", unique=True)])
    say("foreign keys", [row.fkcolumn_name for row in cursor.foreignKeys(foreignTable="notes")])
    try:
        cursor.execute("SELECT 1 FROM patients WHERE ssn = '123-45-6789'")
    except pyodbc.Error as error:
        say("filter", error.args[0])


def steps():
    for settings in ({}, {"UseServerSidePrepare": "0"}):
        db = connect(**settings)
        cursor = db.cursor()
        say("session", settings, db.getinfo(pyodbc.SQL_DBMS_NAME), db.getinfo(pyodbc.SQL_DATABASE_NAME))
        given = (7, "é'\\x", None, True, b"\x00\xff", 1.5)
        say("types", tuple(cursor.execute("SELECT ?::int, ?::text, ?::text, ?::bool, ?::bytea, ?::float8", given).fetchone()))
        cursor.execute("CREATE TEMP TABLE t (id int PRIMARY KEY, label text)")
        cursor.executemany("INSERT INTO t VALUES (?, ?)", [(n, "l%d" % n) for n in range(60)])
        cursor.fast_executemany = True
        cursor.executemany("INSERT INTO t VALUES (?, ?)", [(n, "l%d" % n) for n in range(60, 250)])
        say("batch", cursor.execute("SELECT count(*) FROM t").fetchval())
        db.autocommit = False
        cursor.execute("UPDATE t SET label = 'kept' WHERE id = 1")
        try:
            cursor.execute("INSERT INTO t VALUES (1, 'again')")
        except pyodbc.Error as error:
            say("error", error.args[0], error.args[1])
        say("after it", cursor.execute("SELECT label FROM t WHERE id = 1").fetchval())
        db.rollback()
        db.autocommit = True
        big = "x" * 3_000_000
        say("big", cursor.execute("SELECT ?::text", big).fetchval() == big)
        say("several", cursor.execute("SELECT 1; SELECT 2").fetchval(), cursor.nextset(), cursor.fetchval())
    walk = connect(UseDeclareFetch="1", Fetch="60").cursor()
    say("cursor", sum(1 for _ in walk.execute("SELECT * FROM generate_series(1, 250)")))
    say("columns", [(row.column_name, row.type_name) for row in cursor.columns("wards")])
    say("types known", len(list(cursor.getTypeInfo())) > 10)
    pid = cursor.execute("SELECT pg_backend_pid()").fetchval()
    canceler = threading.Thread(target=cancel, args=(cursor, pid))
    canceler.start()
    try:
        cursor.execute("SELECT pg_sleep(60)")
    except pyodbc.Error as error:
        say("cancel", error.args[0])
    canceler.join()


def cancel(cursor, pid):
    other = connect().cursor()
    while not other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = ? AND wait_event = 'PgSleep'", pid).fetchone():
        pass
    cursor.cancel()


masked() if sys.argv[1:] == ["masked"] else steps()
