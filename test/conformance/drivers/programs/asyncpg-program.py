# asyncpg: what it can do at a database, a line a step; `masked` reads protected columns by every way it has.
import asyncio, datetime, io, os, ssl, sys
from decimal import Decimal
import asyncpg

tls = os.environ["PGSSLMODE"] != "disable"


def say(step, *what):
    print(step + ":", *[repr(each) for each in what])


def connect():
    context = ssl.create_default_context(cafile=os.environ["PGSSLROOTCERT"]) if tls else False
    return asyncpg.connect(ssl=context)


async def masked():
    db = await connect()
    say("simple", await db.fetch("SELECT id, first, ssn, birthdate, visits, tags, extra FROM patients ORDER BY id"))
    statement = await db.prepare("SELECT ssn, birthdate FROM patients WHERE id = $1")
    say("prepared", await statement.fetch(1), await statement.fetch(2))
    async with db.transaction():
        say("cursor", [row async for row in db.cursor("SELECT ssn, first FROM patients", prefetch=1)])
    for form in ("text", "csv", "binary"):
        out = io.BytesIO()
        await db.copy_from_query("SELECT id, ssn FROM patients", output=out, format=form)
        say("copy", out.getvalue())
    try:
        await db.fetch("SELECT 1 FROM patients WHERE ssn = $1", "123-45-6789")
    except asyncpg.PostgresError as error:
        say("filter", error.sqlstate)
    await db.close()


async def steps():
    db = await connect()
    say("session", db.get_server_version(), db.get_settings().client_encoding)
    given = (7, 2**40, "é'\\x", None, True, b"\x00\xff", Decimal("1.50"), datetime.date(2020, 2, 2), [1, 2], ["a,b", None], 1.5)
    types = "int4 int8 text text bool bytea numeric date int4[] text[] float8".split()
    row = await db.fetchrow("SELECT " + ", ".join("$%d::%s" % (n + 1, each) for n, each in enumerate(types)), *given)
    say("types", tuple(row))
    say("more types", await db.fetchrow("SELECT '{\"a\":[1]}'::jsonb, int4range(1, 5), interval '1 day', '10.0.0.1'::inet, point(1, 2)"))
    await db.execute("CREATE TYPE pair AS (a int, b text); CREATE TYPE mood AS ENUM ('fine', 'bad')")
    try:
        say("own types", await db.fetchval("SELECT $1::pair", (1, "x")), await db.fetchval("SELECT $1::mood[]", ["bad"]))
    finally:
        await db.execute("DROP TYPE pair; DROP TYPE mood")
    await db.execute("CREATE TEMP TABLE t (id int PRIMARY KEY, label text)")
    await db.executemany("INSERT INTO t VALUES ($1, $2)", [(n, "l%d" % n) for n in range(250)])
    say("batch", await db.fetchval("SELECT count(*) FROM t"))
    say("copied in", await db.copy_records_to_table("t", records=[(1000, "a,b"), (1001, None)]))
    say("copied in", await db.copy_to_table("t", source=io.BytesIO(b"1002,c\n"), format="csv"))
    out = io.BytesIO()
    say("copied out", await db.copy_from_table("t", output=out, format="binary"), len(out.getvalue()))
    transaction = db.transaction()
    await transaction.start()
    try:
        async with db.transaction():
            await db.execute("INSERT INTO t VALUES (1, 'again')")
    except asyncpg.UniqueViolationError as error:
        say("error", error.sqlstate, error.constraint_name, error.detail, error.severity)
    say("savepoint", await db.fetchval("SELECT count(*) FROM t"))
    say("cursor", [row["id"] async for row in db.cursor("SELECT id FROM t ORDER BY id LIMIT 200", prefetch=60)][-1])
    await transaction.rollback()
    statement = await db.prepare("SELECT label FROM t WHERE id = $1")
    say("prepared", await statement.fetchval(3), statement.get_parameters(), statement.get_attributes())
    await db.execute("ALTER TABLE t ADD more int")
    say("after alter", await db.fetch("SELECT * FROM t WHERE id = $1", 3))
    big = "x" * 3_000_000
    say("big", await db.fetchval("SELECT $1::text", big) == big)
    heard = asyncio.get_running_loop().create_future()
    await db.add_listener("news", lambda _db, pid, channel, payload: heard.set_result((pid == db.get_server_pid(), channel, payload)))
    await db.execute("NOTIFY news, 'heard'")
    say("notify", await asyncio.wait_for(heard, 30))
    db.add_log_listener(lambda _db, message: say("notice", message.message))
    await db.execute("DO $$ BEGIN RAISE NOTICE 'noted %', 1; END $$")
    try:
        await db.execute("SELECT pg_sleep(60)", timeout=0.5)
    except asyncio.TimeoutError:
        say("cancel", await db.fetchval("SELECT 'goes on'"))
    say("introspection", await db.fetch("SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v (n, l)"))
    await db.reset()
    asleep = asyncio.create_task(db.execute("SELECT pg_sleep(60)"))
    other = await connect()
    while not await other.fetchval("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'", db.get_server_pid()):
        pass
    try:
        await asleep
    except asyncpg.PostgresError as error:
        say("terminated", type(error).__name__, error.sqlstate)
    context = ssl.create_default_context(cafile=os.environ["PGSSLROOTCERT"]) if tls else False
    async with asyncpg.create_pool(min_size=2, max_size=3, ssl=context) as pool:
        say("pool", sorted(await asyncio.gather(*[pool.fetchval("SELECT $1::int", n) for n in range(10)])))


asyncio.run(masked() if sys.argv[1:] == ["masked"] else steps())
