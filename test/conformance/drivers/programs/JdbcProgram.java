// pgJDBC: what it can do at a database, a line a step; `masked` reads protected columns by every way it has.

import java.io.StringReader;
import java.io.StringWriter;
import java.sql.*;
import java.util.*;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.copy.CopyIn;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

public class JdbcProgram {
  static void say(String step, Object... what) {
    StringBuilder line = new StringBuilder(step).append(':');
    for (Object each : what) line.append(' ').append(each instanceof byte[] ? Arrays.toString((byte[]) each) : String.valueOf(each));
    System.out.println(line);
  }

  static Connection connect(String... more) throws SQLException {
    Map<String, String> env = System.getenv();
    Properties given = new Properties();
    given.setProperty("user", env.get("PGUSER"));
    given.setProperty("password", env.get("PGPASSWORD"));
    given.setProperty("sslmode", env.get("PGSSLMODE"));
    if (env.containsKey("PGSSLROOTCERT")) given.setProperty("sslrootcert", env.get("PGSSLROOTCERT"));
    for (int at = 0; at < more.length; at += 2) given.setProperty(more[at], more[at + 1]);
    return DriverManager.getConnection("jdbc:postgresql://" + env.get("PGHOST") + ":" + env.get("PGPORT") + "/" + env.get("PGDATABASE"), given);
  }

  static String rows(ResultSet found) throws SQLException {
    int width = found.getMetaData().getColumnCount();
    List<List<String>> all = new ArrayList<>();
    while (found.next()) {
      List<String> row = new ArrayList<>();
      for (int column = 1; column <= width; column++) row.add(found.getMetaData().getColumnTypeName(column).equals("bytea") ? Arrays.toString(found.getBytes(column)) : found.getString(column));
      all.add(row);
    }
    found.close();
    return all.toString();
  }

  static String copied(Connection db, String sql) throws Exception {
    StringWriter out = new StringWriter();
    long count = db.unwrap(PGConnection.class).getCopyAPI().copyOut(sql, out);
    return count + " " + out.toString().replace("\n", "|");
  }

  static void masked() throws Exception {
    for (String mode : List.of("simple", "extended", "extendedForPrepared", "extendedCacheEverything"))
      try (Connection db = connect("preferQueryMode", mode); Statement statement = db.createStatement()) {
        say(mode, rows(statement.executeQuery("SELECT id, first, ssn, birthdate, visits, tags, extra FROM patients ORDER BY id")));
        PreparedStatement prepared = db.prepareStatement("SELECT ssn, first, birthdate FROM patients WHERE id = ?");
        for (int times = 0; times < 8; times++) {
          prepared.setInt(1, 1 + times % 2);
          String found = rows(prepared.executeQuery());
          if (times > 5) say("prepared", found);
        }
      }
    try (Connection db = connect("binaryTransfer", "true", "prepareThreshold", "-1"); Statement statement = db.createStatement()) {
      PreparedStatement prepared = db.prepareStatement("SELECT id, visits, birthdate, ssn FROM patients WHERE id = ?");
      prepared.setInt(1, 1);
      say("binary", rows(prepared.executeQuery()));
      db.setAutoCommit(false);
      statement.setFetchSize(1);
      say("cursor", rows(statement.executeQuery("SELECT ssn, first FROM patients ORDER BY id")));
      db.commit();
      say("copy", copied(db, "COPY patients (id, ssn) TO STDOUT"), copied(db, "COPY (SELECT first FROM patients) TO STDOUT CSV"));
      try {
        statement.executeQuery("SELECT 1 FROM patients WHERE ssn = '123-45-6789'");
      } catch (SQLException error) {
        say("filter", error.getSQLState());
      }
      db.rollback();
      describe(db, "patients");
    }
  }

  static void describe(Connection db, String table) throws SQLException {
    DatabaseMetaData about = db.getMetaData();
    ResultSet tables = about.getTables(null, "public", table, new String[] {"TABLE"});
    while (tables.next()) say("table", tables.getString("TABLE_NAME"), tables.getString("TABLE_TYPE"));
    ResultSet columns = about.getColumns(null, "public", table, null);
    while (columns.next()) say("column", columns.getString("COLUMN_NAME"), columns.getString("TYPE_NAME"), columns.getString("IS_NULLABLE"), columns.getString("COLUMN_DEF"));
    ResultSet keys = about.getPrimaryKeys(null, "public", table);
    while (keys.next()) say("key", keys.getString("COLUMN_NAME"), keys.getString("PK_NAME"));
    ResultSet indexes = about.getIndexInfo(null, "public", table, false, true);
    while (indexes.next()) say("index", indexes.getString("INDEX_NAME"), indexes.getString("COLUMN_NAME"));
    ResultSet foreign = about.getImportedKeys(null, "public", "notes");
    while (foreign.next()) say("foreign key", foreign.getString("PKTABLE_NAME"), foreign.getString("FKCOLUMN_NAME"));
    int types = 0;
    ResultSet known = about.getTypeInfo();
    while (known.next()) types++;
    say("types", types > 100, rows(about.getSchemas()).contains("public"), about.getMaxColumnNameLength());
  }

  static void error(String step, SQLException error) {
    ServerErrorMessage said = error instanceof PSQLException ? ((PSQLException) error).getServerErrorMessage() : null;
    say(step, error.getSQLState(), said == null ? null : said.getConstraint() + " " + said.getTable() + " " + said.getDetail() + " " + said.getSeverity());
  }

  static void types(Connection db) throws SQLException {
    PreparedStatement statement = db.prepareStatement("SELECT ?::int, ?::bigint, ?::text, ?::text, ?::bool, ?::bytea, ?::numeric, ?::date, ?::int[], ?::float8, ?::timestamptz, ?::uuid");
    Object[] given = {7, 1L << 40, "é'\\x", null, true, new byte[] {0, -1}, new java.math.BigDecimal("1.50"), java.sql.Date.valueOf("2020-02-02"),
      db.createArrayOf("int4", new Object[] {1, 2}), 1.5, java.time.OffsetDateTime.parse("2020-02-02T12:00:00+01:00"), new UUID(0, 5)};
    for (int times = 0; times < 7; times++) {
      for (int at = 0; at < given.length; at++) statement.setObject(at + 1, given[at]);
      String found = rows(statement.executeQuery());
      if (times == 0 || times == 6) say("types", found);
    }
    ParameterMetaData parameters = statement.getParameterMetaData();
    say("parameters", parameters.getParameterCount(), parameters.getParameterTypeName(1), statement.getMetaData().getColumnTypeName(9));
  }

  static void batches(Connection db, Statement statement) throws Exception {
    statement.execute("CREATE TEMP TABLE t (id int PRIMARY KEY, label text)");
    PreparedStatement insert = db.prepareStatement("INSERT INTO t VALUES (?, ?)");
    for (int n = 0; n < 250; n++) {
      insert.setInt(1, n);
      insert.setString(2, "l" + n);
      insert.addBatch();
    }
    say("batch", Arrays.stream(insert.executeBatch()).sum());
    for (int n = 1000; n > 998; n--)
      for (int times = 0; times < 2; times++) {
        insert.setInt(1, n);
        insert.setString(2, "b");
        insert.addBatch();
      }
    try {
      insert.executeBatch();
    } catch (BatchUpdateException error) {
      say("broken batch", Arrays.toString(error.getUpdateCounts()));
      error("its cause", (SQLException) error.getCause());
    }
    PreparedStatement returning = db.prepareStatement("INSERT INTO t VALUES (?, 'r')", new String[] {"id", "label"});
    for (int n = 300; n < 303; n++) {
      returning.setInt(1, n);
      returning.addBatch();
    }
    returning.executeBatch();
    say("generated keys", rows(returning.getGeneratedKeys()));
    say("copied in", db.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY t FROM STDIN CSV", new StringReader("1500,\"a,b\"\n1501,é\n")));
    say("copied out", copied(db, "COPY (SELECT * FROM t WHERE id > 248 ORDER BY id) TO STDOUT"));
    CopyIn given = db.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY t FROM STDIN");
    given.writeToCopy("2000\tx\n".getBytes(), 0, 7);
    given.cancelCopy();
    say("copy given up", rows(statement.executeQuery("SELECT count(*) FROM t")));
  }

  static void transactions(Connection db, Statement statement) throws SQLException {
    db.setAutoCommit(false);
    Savepoint point = db.setSavepoint("here");
    try {
      statement.execute("INSERT INTO t VALUES (1, 'again')");
    } catch (SQLException error) {
      error("error", error);
    }
    db.rollback(point);
    PreparedStatement walk = db.prepareStatement("SELECT id FROM t ORDER BY id");
    walk.setFetchSize(60);
    ResultSet found = walk.executeQuery();
    int count = 0;
    while (found.next()) count++;
    say("cursor", count);
    ResultSet updatable = db.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE).executeQuery("SELECT id, label FROM t ORDER BY id");
    updatable.absolute(4);
    updatable.updateString("label", "changed");
    updatable.updateRow();
    say("updated", rows(statement.executeQuery("SELECT label FROM t WHERE id = 3")));
    db.commit();
    db.setReadOnly(true);
    db.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
    try {
      statement.execute("INSERT INTO t VALUES (5000, '')");
      statement.execute("CREATE TABLE refused (a int)");
    } catch (SQLException error) {
      error("read only", error);
    }
    db.rollback();
    db.setReadOnly(false);
    db.setAutoCommit(true);
  }

  static void steps() throws Exception {
    Connection db = connect();
    Statement statement = db.createStatement();
    DatabaseMetaData about = db.getMetaData();
    say("session", about.getDatabaseProductVersion(), db.getCatalog(), db.getSchema(), db.unwrap(PGConnection.class).getParameterStatus("server_encoding"));
    types(db);
    try (Connection simple = connect("preferQueryMode", "simple")) {
      PreparedStatement echo = simple.prepareStatement("SELECT ?::text, ?::int");
      echo.setString(1, "é'\\x");
      echo.setInt(2, -7);
      say("simple", rows(echo.executeQuery()));
    }
    batches(db, statement);
    transactions(db, statement);
    statement.execute("ALTER TABLE t ADD more int");
    say("after alter", rows(statement.executeQuery("SELECT * FROM t WHERE id = 5")));
    try (CallableStatement call = db.prepareCall("{? = call upper(?)}")) {
      call.registerOutParameter(1, Types.VARCHAR);
      call.setString(2, "called");
      call.execute();
      say("call", call.getString(1));
    }
    String big = "x".repeat(3_000_000);
    PreparedStatement echo = db.prepareStatement("SELECT ?::text");
    echo.setString(1, big);
    say("big", rows(echo.executeQuery()).equals("[[" + big + "]]"));
    statement.execute("SELECT 1; UPDATE t SET label = label; SELECT 2");
    say("several", rows(statement.getResultSet()), statement.getMoreResults(), statement.getUpdateCount(), statement.getMoreResults(), rows(statement.getResultSet()));
    statement.execute("LISTEN news");
    statement.execute("NOTIFY news, 'heard'");
    for (PGNotification each : db.unwrap(PGConnection.class).getNotifications(5000)) say("notify", each.getName(), each.getParameter(), each.getPID() == db.unwrap(PGConnection.class).getBackendPID());
    statement.execute("DO $$ BEGIN RAISE NOTICE 'noted %', 1; END $$");
    say("notice", statement.getWarnings().getMessage());
    statement.setQueryTimeout(1);
    try {
      statement.execute("SELECT pg_sleep(60)");
    } catch (SQLException error) {
      error("cancel", error);
    }
    statement.setQueryTimeout(0);
    describe(db, "notes");
    say("valid", db.isValid(5));
    int pid = db.unwrap(PGConnection.class).getBackendPID();
    Thread killer = new Thread(() -> terminate(pid));
    killer.start();
    try {
      statement.execute("SELECT pg_sleep(60)");
    } catch (SQLException error) {
      error("terminated", error);
    }
    killer.join();
    say("closed", db.isClosed());
    try {
      connect("user", "nobody", "password", "wrong").close();
    } catch (SQLException error) {
      say("wrong password", error.getSQLState());
    }
  }

  static void terminate(int pid) {
    try (Connection db = connect(); PreparedStatement statement = db.prepareStatement("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ? AND wait_event = 'PgSleep'")) {
      statement.setInt(1, pid);
      while (rows(statement.executeQuery()).equals("[]"));
    } catch (SQLException error) {
      error("not terminated", error);
    }
  }

  public static void main(String[] arguments) throws Exception {
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    if (arguments.length > 0) masked();
    else steps();
  }
}
