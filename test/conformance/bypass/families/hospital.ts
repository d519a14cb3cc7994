// A hospital in a schema of its own, with every kind of column, key, view and routine a database may have: what the families of
// attacks written by another author stand on.

import type { Family } from '../attack.ts';

export const hospital: Pick<Family, 'setup' | 'since' | 'clear' | 'classified'> = {
  setup: String.raw`
  CREATE EXTENSION IF NOT EXISTS citext; CREATE EXTENSION IF NOT EXISTS hstore; CREATE EXTENSION IF NOT EXISTS btree_gist; CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE EXTENSION IF NOT EXISTS fuzzystrmatch; CREATE EXTENSION IF NOT EXISTS ltree; CREATE EXTENSION IF NOT EXISTS unaccent; CREATE EXTENSION IF NOT EXISTS pgcrypto;
  CREATE SCHEMA hosp; GRANT USAGE ON SCHEMA hosp TO gate;
  CREATE TYPE hosp.sex AS ENUM ('f', 'm', 'x');
  CREATE DOMAIN hosp.nhs AS text CHECK (VALUE ~ '^[0-9A-Za-z -]*$');
  CREATE DOMAIN hosp.code10 AS varchar(24) NOT NULL CHECK (length(VALUE) > 0);
  CREATE DOMAIN hosp.posint AS int CHECK (VALUE > 0);
  CREATE TYPE hosp.place AS (street text, no int, town text);
  CREATE TYPE hosp.textspan AS RANGE (subtype = text);
  CREATE TABLE hosp.persona (
    pid int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tier int NOT NULL DEFAULT 1 CHECK (tier > 0), label text, grp hosp.sex,
    given text NOT NULL, family citext, gender hosp.sex, nhs hosp.nhs, born date CHECK (born > '1900-01-01'), lived daterange, seen tstzrange, stays datemultirange,
    tels text[], home hosp.place, homes hosp.place[], span hosp.textspan, bio xml, doc jsonb, raw json, attrs hstore, path ltree,
    kg numeric(8,2), pay money, ip inet, mac macaddr, geo point, bits bit(8), pic bytea, uid uuid, score float8, cnt bigint, small int2, nosy hosp.posint, flag bool, at timestamptz, ts timestamp, tod time, dur interval, words tsvector, q tsquery,
    initials text GENERATED ALWAYS AS (left(given, 1) || '.') STORED, nlen int GENERATED ALWAYS AS (length(given)) STORED,
    CONSTRAINT persona_nhs UNIQUE (nhs), CONSTRAINT given_short CHECK (length(given) < 60));
  CREATE TABLE hosp.visit (vid serial PRIMARY KEY, pid int REFERENCES hosp.persona ON DELETE CASCADE, ward text, day date, reason text, cost numeric(10,2), nth int, tags text[], meta jsonb, UNIQUE (pid, nth));
  CREATE TABLE hosp.stay (sid int, ward text, admit date, bed int, who text, PRIMARY KEY (sid, ward, bed)) PARTITION BY LIST (ward);
  CREATE TABLE hosp.stay_a PARTITION OF hosp.stay FOR VALUES IN ('A') PARTITION BY RANGE (bed);
  CREATE TABLE hosp.stay_a1 PARTITION OF hosp.stay_a FOR VALUES FROM (0) TO (10); CREATE TABLE hosp.stay_a2 PARTITION OF hosp.stay_a FOR VALUES FROM (10) TO (100);
  CREATE TABLE hosp.stay_b PARTITION OF hosp.stay FOR VALUES IN ('B');
  CREATE TABLE hosp.bydate (id int, born date, who text) PARTITION BY RANGE (born);
  CREATE TABLE hosp.bydate_old PARTITION OF hosp.bydate FOR VALUES FROM (MINVALUE) TO ('1965-01-01'); CREATE TABLE hosp.bydate_new PARTITION OF hosp.bydate FOR VALUES FROM ('1965-01-01') TO (MAXVALUE);
  CREATE TABLE hosp.child (guardian text, school text) INHERITS (hosp.persona);
  CREATE TABLE hosp.room (rid int PRIMARY KEY, who text, during tstzrange, EXCLUDE USING gist (who WITH =, during WITH &&));
  CREATE TABLE hosp.secretnote (id int PRIMARY KEY, owner name DEFAULT current_user, pid int, body text, grade int);
  ALTER TABLE hosp.secretnote ENABLE ROW LEVEL SECURITY; CREATE POLICY only_low ON hosp.secretnote USING (grade < 5);
  CREATE TABLE hosp.trig (id int PRIMARY KEY, who text, n int);
  CREATE FUNCTION hosp.shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'row %', COALESCE(NEW, OLD); RETURN COALESCE(NEW, OLD); END $$;
  CREATE TRIGGER t_shout BEFORE INSERT OR UPDATE OR DELETE ON hosp.trig FOR EACH ROW EXECUTE FUNCTION hosp.shout();
  CREATE TABLE hosp.ref (k int PRIMARY KEY, name text, boost int, px numeric, doc jsonb, arr int[], t text);
  CREATE TABLE hosp.scratch (id int, a text, b text, n int, d date, j jsonb, arr text[]);
  CREATE VIEW hosp.v_person AS SELECT pid, given, family, nhs, born, label, tier FROM hosp.persona;
  CREATE VIEW hosp.v_names (i, n) AS SELECT pid, given || ' ' || family FROM hosp.persona;
  CREATE VIEW hosp.v_vv AS SELECT n.i, n.n, v.tier, v.label, to_jsonb(v) AS j FROM hosp.v_names n JOIN hosp.v_person v ON v.pid = n.i;
  CREATE VIEW hosp.v_barrier WITH (security_barrier) AS SELECT pid, given, born, tier FROM hosp.persona WHERE tier < 9;
  CREATE VIEW hosp.v_upd AS SELECT pid, tier, given FROM hosp.persona WHERE tier < 100 WITH CASCADED CHECK OPTION;
  CREATE VIEW hosp.v_rec AS WITH RECURSIVE r(p, n) AS (SELECT pid, given::text FROM hosp.persona UNION ALL SELECT p + 1000, n FROM r WHERE p < 1000) SELECT * FROM r;
  CREATE VIEW hosp.v_win AS SELECT pid, tier, lag(given) OVER (ORDER BY pid) AS prev, count(*) OVER () AS c FROM hosp.persona;
  CREATE VIEW hosp.v_u AS SELECT pid AS k, given AS x FROM hosp.persona UNION SELECT k, name FROM hosp.ref;
  CREATE VIEW hosp.v_agg AS SELECT tier, string_agg(given, ',' ORDER BY pid) AS all_given, count(*) AS n, json_agg(p) AS js FROM hosp.persona p GROUP BY tier;
  CREATE MATERIALIZED VIEW hosp.m_person AS SELECT pid, given AS shown, nhs, tier FROM hosp.persona WITH NO DATA;
  CREATE FUNCTION hosp.fullname(hosp.persona) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1.given || $1.family';
  CREATE FUNCTION hosp.peek(int) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT given FROM hosp.persona WHERE pid = $1';
  CREATE FUNCTION hosp.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
  CREATE FUNCTION hosp.everyone() RETURNS SETOF hosp.persona LANGUAGE sql STABLE AS 'SELECT * FROM hosp.persona';
  CREATE PROCEDURE hosp.proc(INOUT x text) LANGUAGE plpgsql AS $$ BEGIN SELECT given INTO x FROM hosp.persona WHERE pid = 1; END $$;
  CREATE OPERATOR hosp.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq);
  CREATE AGGREGATE hosp.cat(text) (SFUNC = textcat, STYPE = text);
  CREATE SEQUENCE hosp.counter;
  GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON ALL TABLES IN SCHEMA hosp TO gate; GRANT ALL ON ALL SEQUENCES IN SCHEMA hosp TO gate; GRANT EXECUTE ON ALL ROUTINES IN SCHEMA hosp TO gate;
  INSERT INTO hosp.persona (tier, label, grp, given, family, gender, nhs, born, lived, seen, stays, tels, home, homes, span, bio, doc, raw, attrs, path, kg, pay, ip, mac, geo, bits, pic, uid, score, cnt, small, nosy, flag, at, ts, tod, dur, words, q) VALUES
   (1, 'l1', 'f', 'Zebulon', 'Quartermain', 'm', '123-45-6789', '1961-07-23', '[1961-07-23,1970-02-11)', '[1961-07-23 05:00+00,)', '{[1961-07-23,1962-01-01),[1970-02-11,1970-02-12)}', '{555-867-5309,x}', ROW('Elm',1,'Springfield'), ARRAY[ROW('Elm',1,'Springfield')::hosp.place], '[Quartermain,Zebulon]', '<p><name>Zebulon</name><ssn>123-45-6789</ssn></p>', '{"name":"Zebulon","ssn":"123-45-6789","a":{"b":["Quartermain",1961]}}', '{"name":"Zebulon","n":12}', 'name=>Zebulon,ssn=>"123-45-6789"', 'Top.Zebulon', 1234.56, 123456789, '10.1.2.3', '08:00:2b:01:02:03', '(1.5,2.5)', '10101010', 'Zebulon', '11111111-2222-4333-8444-123456789012', 0, 123456789, 0, 7, true, '1961-07-23 05:00+00', '1961-07-23 05:00', '05:00', '12 days', to_tsvector('simple','Zebulon Quartermain'), 'zebulon & quartermain'),
   (2, 'l2', 'm', 'Ophelia', 'Vandersloot', 'f', '987-65-4320', '1970-02-11', '[1970-02-11,)', '[1970-02-11 00:00+00,2001-01-01 00:00+00)', '{}', '{555-867-5310,y}', ROW('Oak',2,'Shelbyville'), ARRAY[ROW('Oak',2,'Shelbyville')::hosp.place], '[Ophelia,Zz]', '<p><name>Ophelia</name></p>', '{"name":"Ophelia","zip":1,"a":{"b":[]}}', '{"name":"Ophelia"}', 'name=>Ophelia', 'Top.Ophelia', 5, 5, '10.1.2.4', '08:00:2b:01:02:04', '(3,4)', '00000001', '\x00ff', '22222222-2222-4333-8444-123456789012', -1.5, 5, 5, 8, false, '1970-02-11 00:00+00', '1970-02-11 00:00', '12:30', '-1 day', to_tsvector('simple','Ophelia'), '!ophelia'),
   (2, 'l3', 'x', 'Zebulon', 'Vandersloot', 'f', '555-867-5309', '1970-02-11', 'empty', 'empty', '{(,1970-02-11)}', '{z,w}', ROW('Oak',2,'Shelbyville'), ARRAY[ROW(NULL,2,'Shelbyville')::hosp.place], 'empty', 'Vandersloot', '["Ophelia","Zebulon",null]', '1e400', '', 'Top', -1, -5, '::1', '08:00:2b:01:02:03', '(3,4)', '00000000', '', '22222222-2222-4333-8444-123456789013', 1e300, -5, -5, 8, false, '1970-02-11 00:00+00', '1970-02-11 00:00', '12:30', '0', '', '');
  INSERT INTO hosp.visit (pid, ward, day, reason, cost, nth, tags, meta) VALUES (1, 'A', '1961-07-23', 'Zebulon Quartermain called from 555-867-5309', 10, 1, '{Zebulon,t}', '{"by":"Ophelia"}'), (2, 'B', '1970-02-11', 'Ophelia came', 20, 1, '{a,b}', '{}');
  INSERT INTO hosp.stay VALUES (1, 'A', '1961-07-23', 5, 'Zebulon'), (2, 'A', '1970-02-11', 50, 'Ophelia'), (3, 'B', '1970-02-11', 1, 'Quartermain');
  INSERT INTO hosp.bydate VALUES (1, '1961-07-23', 'Zebulon'), (2, '1970-02-11', 'Ophelia');
  INSERT INTO hosp.child (pid, tier, label, given, family, nhs, born, guardian, school) VALUES (100, 3, 'kid', 'Ophelia', 'Quartermain', 'k1', '1970-02-11', 'Zebulon Quartermain', 'Springfield');
  INSERT INTO hosp.room VALUES (1, 'Zebulon', '[2020-01-01 00:00+00,2020-02-01 00:00+00)');
  INSERT INTO hosp.secretnote VALUES (1, 'gate', 1, 'Zebulon has it', 1), (2, 'gate', 1, 'Quartermain', 9);
  INSERT INTO hosp.trig VALUES (1, 'Zebulon', 1);
  INSERT INTO hosp.ref VALUES (1, 'one', 1, 1.5, '{"a":1}', '{1,2}', 'x'), (2, 'two', 2, 2.5, '{"b":[1,2]}', '{3}', 'y'), (3, 'three', 0, 0, '[]', '{}', '');
  INSERT INTO hosp.scratch VALUES (1, 'a', 'b', 1, '2020-01-01', '{}', '{}');
  REFRESH MATERIALIZED VIEW hosp.m_person;`,
  since: [
    {
      version: 18,
      setup: `
  CREATE TABLE hosp.virt (id int PRIMARY KEY, given text, n int, up text GENERATED ALWAYS AS (upper(given)) VIRTUAL, ln int GENERATED ALWAYS AS (length(given)) VIRTUAL, safe int GENERATED ALWAYS AS (n + 1) VIRTUAL);
  INSERT INTO hosp.virt VALUES (1, 'Zebulon', 1), (2, 'Ophelia', 2);
  GRANT SELECT, INSERT, UPDATE, DELETE ON hosp.virt TO gate;`,
    },
  ],
  clear: [
    'hosp.persona.label',
    'hosp.visit.ward',
    'hosp.stay.ward',
    'hosp.secretnote.owner',
    'hosp.ref.name',
    'hosp.ref.t',
    'hosp.ref.doc',
    'hosp.scratch.a',
    'hosp.scratch.b',
    'hosp.scratch.j',
    'hosp.scratch.arr',
    'hosp.scratch.d',
  ],
  classified: {
    'hosp.persona.given': 'name',
    'hosp.persona.family': 'name',
    'hosp.persona.gender': 'other_id',
    'hosp.persona.nhs': 'ssn',
    'hosp.persona.born': 'date',
    'hosp.persona.lived': 'date',
    'hosp.persona.seen': 'date',
    'hosp.persona.stays': 'date',
    'hosp.persona.tels': 'phone',
    'hosp.persona.home': 'address',
    'hosp.persona.homes': 'address',
    'hosp.persona.span': 'name',
    'hosp.persona.bio': 'other_id',
    'hosp.persona.doc': 'other_id',
    'hosp.persona.raw': 'other_id',
    'hosp.persona.attrs': 'other_id',
    'hosp.persona.path': 'name',
    'hosp.persona.kg': 'other_id',
    'hosp.persona.pay': 'other_id',
    'hosp.persona.ip': 'ip',
    'hosp.persona.mac': 'device',
    'hosp.persona.geo': 'address',
    'hosp.persona.bits': 'biometric',
    'hosp.persona.pic': 'photo',
    'hosp.persona.uid': 'other_id',
    'hosp.persona.score': 'other_id',
    'hosp.persona.cnt': 'other_id',
    'hosp.persona.small': 'other_id',
    'hosp.persona.nosy': 'other_id',
    'hosp.persona.flag': 'other_id',
    'hosp.persona.at': 'date',
    'hosp.persona.ts': 'date',
    'hosp.persona.tod': 'other_id',
    'hosp.persona.dur': 'other_id',
    'hosp.persona.words': 'name',
    'hosp.persona.q': 'name',
    'hosp.visit.day': 'date',
    'hosp.visit.reason': 'other_id',
    'hosp.visit.tags': 'other_id',
    'hosp.visit.meta': 'other_id',
    'hosp.stay.admit': 'date',
    'hosp.stay.who': 'name',
    'hosp.bydate.born': 'date',
    'hosp.bydate.who': 'name',
    'hosp.child.guardian': 'name',
    'hosp.child.school': 'other_id',
    'hosp.room.who': 'name',
    'hosp.secretnote.body': 'other_id',
    'hosp.trig.who': 'name',
  },
};
