<?php
// PHP's PDO and pgsql extensions: what they can do at a database, a line a step; `masked` reads protected columns by every
// way they have.

function say(string $step, mixed ...$what): void
{
    echo $step, ': ', json_encode($what, JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}

function pdo(bool $emulate = false): PDO
{
    $more = getenv('PGSSLROOTCERT') ? ';sslrootcert=' . getenv('PGSSLROOTCERT') : '';
    $dsn = sprintf('pgsql:host=%s;port=%s;dbname=%s;sslmode=%s%s', getenv('PGHOST'), getenv('PGPORT'), getenv('PGDATABASE'), getenv('PGSSLMODE'), $more);
    return new PDO($dsn, getenv('PGUSER'), getenv('PGPASSWORD'), [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_EMULATE_PREPARES => $emulate]);
}

function masked(): void
{
    foreach ([false, true] as $emulate) {
        $db = pdo($emulate);
        say('simple', $db->query('SELECT id, first, ssn, birthdate, visits, tags, extra FROM patients ORDER BY id')->fetchAll(PDO::FETCH_NUM));
        $read = $db->prepare('SELECT ssn, first, birthdate FROM patients WHERE id = ?');
        foreach ([1, 2] as $id) {
            $read->execute([$id]);
            say('prepared', $read->fetchAll(PDO::FETCH_NUM));
        }
    }
    $db->beginTransaction();
    $walk = $db->prepare('SELECT ssn FROM patients ORDER BY id', [PDO::ATTR_CURSOR => PDO::CURSOR_SCROLL]);
    $walk->execute();
    say('cursor', $walk->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_LAST), $walk->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_FIRST));
    $db->commit();
    say('copy', $db->pgsqlCopyToArray('patients', "\t", '\\\\N', 'id,ssn'));
    say('column', array_intersect_key($db->query('SELECT ssn FROM patients')->getColumnMeta(0), ['name' => 1, 'native_type' => 1, 'table' => 1]));
    try {
        $db->query("SELECT 1 FROM patients WHERE ssn = '123-45-6789'");
    } catch (PDOException $error) {
        say('filter', $error->errorInfo[0]);
    }
    $pg = pg_connect('');
    say('rows', pg_fetch_all(pg_query_params($pg, 'SELECT ssn, birthdate FROM patients WHERE id = $1', [2])), pg_select($pg, 'patients', ['id' => 1]));
}

function steps(): void
{
    $db = pdo();
    say('session', $db->getAttribute(PDO::ATTR_SERVER_VERSION), $db->getAttribute(PDO::ATTR_CONNECTION_STATUS));
    $typed = $db->prepare('SELECT ?::int, ?::text, ?::text, ?::bool, ?::bytea, ?::numeric, ?::int[]');
    $typed->bindValue(1, 7, PDO::PARAM_INT);
    $typed->bindValue(2, "é'\\x");
    $typed->bindValue(3, null, PDO::PARAM_NULL);
    $typed->bindValue(4, true, PDO::PARAM_BOOL);
    $typed->bindValue(5, "\x00\xff", PDO::PARAM_LOB);
    $typed->bindValue(6, '1.50');
    $typed->bindValue(7, '{1,2}');
    $typed->execute();
    $row = $typed->fetch(PDO::FETCH_NUM);
    $row[4] = bin2hex(stream_get_contents($row[4]));
    say('types', $row, array_map(fn ($column) => $typed->getColumnMeta($column)['native_type'], range(0, 6)));
    $db->exec('CREATE TEMP TABLE t (id int PRIMARY KEY, label text)');
    $insert = $db->prepare('INSERT INTO t VALUES (:id, :label)');
    foreach (range(0, 249) as $id) {
        $insert->execute(['id' => $id, 'label' => "l$id"]);
    }
    say('copy', $db->pgsqlCopyFromArray('t', ["1000\ta,b", "1001\t\\N"], "\t", '\\\\N'), count($db->pgsqlCopyToArray('t')));
    $db->beginTransaction();
    $db->exec('SAVEPOINT s');
    try {
        $insert->execute(['id' => 1, 'label' => 'again']);
    } catch (PDOException $error) {
        say('error', $error->errorInfo);
    }
    $db->exec('ROLLBACK TO s');
    $walk = $db->prepare('SELECT id FROM t ORDER BY id', [PDO::ATTR_CURSOR => PDO::CURSOR_SCROLL]);
    $walk->execute();
    say('cursor', $walk->fetchColumn(), $walk->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_LAST), $walk->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_ABS, 9));
    $walk = null;
    $lob = $db->query('SELECT lo_from_bytea(0, $$large$$)')->fetchColumn();
    say('large object', $db->query("SELECT convert_from(lo_get($lob), 'UTF8'), lo_unlink($lob)")->fetch(PDO::FETCH_NUM));
    $db->commit();
    $big = str_repeat('x', 3_000_000);
    $echo = $db->prepare('SELECT ?::text');
    $echo->execute([$big]);
    say('big', $echo->fetchColumn() === $big);
    $db->exec('LISTEN news');
    pdo()->exec("NOTIFY news, 'heard'");
    $heard = $db->pgsqlGetNotify(PDO::FETCH_NUM, 30_000);
    say('notify', $heard[0], $heard[2]);
    say('emulated', pdo(true)->query('SELECT 1; SELECT 2')->fetchAll(PDO::FETCH_NUM));

    $pg = pg_connect('');
    say('extension', pg_parameter_status($pg, 'server_version'), pg_client_encoding($pg), pg_transaction_status($pg));
    pg_query($pg, 'CREATE TEMP TABLE t (id int PRIMARY KEY, label text)');
    pg_query($pg, "INSERT INTO t VALUES (5, 'five')");
    say('described', pg_meta_data($pg, 'wards')['label']['type'], count(pg_select($pg, 'wards', ['id' => 5])));
    pg_prepare($pg, 'p', 'SELECT label FROM t WHERE id = $1');
    say('prepared', pg_fetch_all(pg_execute($pg, 'p', [5])));
    say('copied', pg_copy_from($pg, 't', ["6\tsix\n"]), pg_copy_to($pg, 't'));
    pg_send_query($pg, 'SELECT nothing FROM t');
    $result = pg_get_result($pg);
    say('fields', pg_result_error_field($result, PGSQL_DIAG_SQLSTATE), pg_result_error_field($result, PGSQL_DIAG_STATEMENT_POSITION), pg_result_error_field($result, PGSQL_DIAG_SOURCE_FUNCTION));
    pg_get_result($pg);
    pg_query($pg, "DO $$ BEGIN RAISE NOTICE 'noted %', 1; END $$");
    say('notice', pg_last_notice($pg));
    pg_send_query($pg, 'SELECT pg_sleep(60)');
    until_asleep($db, $pg, '1');
    say('cancel', pg_cancel_query($pg), pg_fetch_result(pg_query($pg, 'SELECT 42'), 0));
    pg_send_query($pg, 'SELECT pg_sleep(60)');
    until_asleep($db, $pg, 'pg_terminate_backend(pid)');
    while (pg_get_result($pg));
    say('terminated', pg_connection_status($pg) === PGSQL_CONNECTION_BAD, pg_ping($pg));
}

function until_asleep(PDO $db, $pg, string $act): void
{
    while ($db->query("SELECT $act FROM pg_stat_activity WHERE pid = " . pg_get_pid($pg) . " AND wait_event = 'PgSleep'")->fetchColumn() === false);
}

error_reporting(E_ALL & ~E_WARNING);
($argv[1] ?? '') === 'masked' ? masked() : steps();
