# R's RPostgreSQL: what it can do at a database, a line a step; `masked` reads protected columns by every way it has.
suppressPackageStartupMessages(library(RPostgreSQL))

say <- function(step, ...) cat(step, ": ", paste(vapply(list(...), function(each) paste(format(each), collapse = " "), ""), collapse = " "), "\n", sep = "")
failed <- function(step, db, sql) {
  suppressWarnings(try(dbGetQuery(db, sql), silent = TRUE))
  say(step, dbGetException(db)$errorMsg)
}

db <- dbConnect(PostgreSQL(), user = Sys.getenv("PGUSER"), password = Sys.getenv("PGPASSWORD"), host = Sys.getenv("PGHOST"), port = Sys.getenv("PGPORT"), dbname = Sys.getenv("PGDATABASE"))
if (length(commandArgs(trailingOnly = TRUE)) > 0) {
  say("simple", dbGetQuery(db, "SELECT id, first, ssn, birthdate, visits, tags FROM patients ORDER BY id"))
  say("parameter", dbGetQuery(db, "SELECT ssn FROM patients WHERE id = $1", 1))
  some <- dbSendQuery(db, "SELECT ssn, first FROM patients")
  say("fetched", fetch(some, n = 1), fetch(some, n = -1))
  dbClearResult(some)
  say("table", dbReadTable(db, "patients"))
  say("catalog", sort(dbListTables(db)), dbListFields(db, "patients"), dbExistsTable(db, "wards"))
} else {
  say("session", dbGetInfo(db)$serverVersion, dbGetInfo(db)$protocolVersion)
  say("types", dbGetQuery(db, "SELECT $1::int AS a, $2::text AS b, 1.5::float8 AS c, true AS d, date '2020-02-02' AS e, timestamptz '2020-02-02 12:00+01' AS f, NULL::int AS g", list(7, "é'\\x")))
  dbGetQuery(db, "CREATE TEMP TABLE t (id int PRIMARY KEY, label text)")
  for (id in 0:249) dbGetQuery(db, "INSERT INTO t VALUES ($1, $2)", list(id, paste0("l", id)))
  say("read", dbGetQuery(db, "SELECT count(*), max(label) FROM t"))
  some <- dbSendQuery(db, "SELECT id FROM t ORDER BY id")
  say("fetched", nrow(fetch(some, n = 60)), dbHasCompleted(some), nrow(fetch(some, n = -1)), dbColumnInfo(some)$type)
  dbClearResult(some)
  dbBegin(db)
  failed("error", db, "INSERT INTO t VALUES (1, 'again')")
  dbRollback(db)
  say("fields", dbListFields(db, "wards"))
}
invisible(dbDisconnect(db))
