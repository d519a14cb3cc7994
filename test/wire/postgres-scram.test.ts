// SCRAM-SHA-256 against the published example, and client and server against each other and against liars.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { md5Password, preparePassword } from '../../src/wire/postgres/password.ts';
import { ProtocolError } from '../../src/wire/postgres/protocol-error.ts';
import {
  type ChannelBinding,
  deriveVerifier,
  mockVerifier,
  rememberedSalting,
  ScramClient,
  ScramServer,
} from '../../src/wire/postgres/scram.ts';

const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
const endPoint = Buffer.alloc(32, 1);
const none: ChannelBinding = { kind: 'none' };

test('the example of RFC 7677 §3, both sides', () => {
  const client = new ScramClient({ password: 'pencil', nonce: 'rOprNGfwEbeRWgbNEkqO', binding: none });
  const server = new ScramServer({
    verifier: deriveVerifier('pencil', salt, 4096),
    nonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    endPoint: null,
  });
  const clientFirst = client.first('user');
  assert.equal(clientFirst.toString(), 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
  const serverFirst = server.first('SCRAM-SHA-256', clientFirst);
  assert.equal(
    serverFirst.toString(),
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  );
  const clientFinal = client.final(serverFirst, 'user');
  assert.equal(
    clientFinal.toString(),
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  );
  const serverFinal = server.final(clientFinal);
  assert.equal(serverFinal?.toString(), 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  assert.equal(client.verify(serverFinal), true);
});

test('a password is salted once for each salt, password and number of rounds', () => {
  const saltPassword = rememberedSalting();
  const asked = (password: string, by: Buffer, iterations: number) => saltPassword(password, by, iterations);
  const first = asked('pencil', salt, 4096);
  assert.equal(asked('pencil', Buffer.from(salt), 4096), first);
  const others = [asked('pencils', salt, 4096), asked('pencil', endPoint, 4096), asked('pencil', salt, 4097)];
  for (const other of others) assert.notDeepEqual(other, first);
  for (let i = 0; i < 20; i++) asked(`password ${i}`, salt, 1);
  assert.deepEqual(asked('pencil', salt, 4096), first);
  const client = new ScramClient({ password: 'pencil', nonce: 'rOprNGfwEbeRWgbNEkqO', binding: none, saltPassword });
  const server = new ScramServer({ verifier: deriveVerifier('pencil', salt, 4096), nonce: 'x', endPoint: null });
  client.first('user');
  const final = server.final(client.final(server.first('SCRAM-SHA-256', client.first())));
  assert.equal(final !== null && client.verify(final), true);
});

interface Exchange {
  readonly binding: ChannelBinding;
  readonly serverEndPoint: Buffer | null;
  readonly password?: string;
}

function exchange({ binding, serverEndPoint, password = 'pencil' }: Exchange): boolean {
  const client = new ScramClient({ password, nonce: 'client', binding });
  const server = new ScramServer({
    verifier: deriveVerifier('pencil', salt, 4096),
    nonce: 'server',
    endPoint: serverEndPoint,
  });
  const final = server.final(client.final(server.first(client.mechanism, client.first())));
  return final !== null && client.verify(final);
}

test('with channel binding, and without', () => {
  assert.equal(exchange({ binding: { kind: 'bound', endPoint }, serverEndPoint: endPoint }), true);
  assert.equal(exchange({ binding: none, serverEndPoint: endPoint }), true);
  assert.equal(exchange({ binding: { kind: 'offered' }, serverEndPoint: null }), true);
});

test('a wrong password and a certificate in between are refused', () => {
  assert.equal(exchange({ binding: none, serverEndPoint: null, password: 'pencil ' }), false);
  assert.equal(
    exchange({ binding: { kind: 'bound', endPoint: Buffer.alloc(32, 2) }, serverEndPoint: endPoint }),
    false,
  );
});

test('an offer of -PLUS that was taken away is noticed', () => {
  assert.throws(() => exchange({ binding: { kind: 'offered' }, serverEndPoint: endPoint }), { code: 'malformed' });
  const server = new ScramServer({ verifier: deriveVerifier('pencil', salt, 1), nonce: 's', endPoint });
  const bound = new ScramClient({ password: 'pencil', nonce: 'c', binding: { kind: 'bound', endPoint } });
  assert.throws(() => server.first('SCRAM-SHA-256', bound.first()), { code: 'malformed' });
  assert.throws(() => server.first('SCRAM-SHA-256-PLUS', Buffer.from('n,,n=,r=c')), { code: 'malformed' });
});

test('a server that does not know the password is found out', () => {
  const client = new ScramClient({ password: 'pencil', nonce: 'c', binding: none });
  assert.equal(client.verify(Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')), false, 'before anything');
  client.final(Buffer.from(`r=cs,s=${salt.toString('base64')},i=4096`));
  assert.equal(client.verify(Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')), false);
  assert.equal(client.verify(Buffer.from('e=other-error')), false);
});

test('a hostile server-first-message is refused', () => {
  for (const text of [
    'r=xs,s=AAAA,i=4096',
    'r=c,s=AAAA,i=4096',
    'r=cs,s=AAAA,i=0',
    'r=cs,s=AAAA,i=9999999',
    'r=cs,s=%%%%,i=4096',
    'm=ext,r=cs,s=AAAA,i=1',
    '',
  ]) {
    const client = new ScramClient({ password: 'pencil', nonce: 'c', binding: none });
    assert.throws(() => client.final(Buffer.from(text)), { code: 'malformed' }, text);
  }
});

test('an exchange is used once', () => {
  const server = new ScramServer({ verifier: deriveVerifier('pencil', salt, 1), nonce: 's', endPoint: null });
  const client = new ScramClient({ password: 'pencil', nonce: 'c', binding: none });
  const final = client.final(server.first('SCRAM-SHA-256', client.first()));
  assert.ok(server.final(final));
  assert.throws(() => server.final(final), { code: 'malformed' });
});

test('an unknown user looks like a known one, each time the same, and nobody gets in', () => {
  const secret = Buffer.alloc(32, 9);
  const firsts = ['ann', 'ann', 'bob'].map((user) => {
    const server = new ScramServer({ verifier: mockVerifier(user, secret, 4096), nonce: 's', endPoint: null });
    const client = new ScramClient({ password: 'pencil', nonce: 'c', binding: none });
    const first = server.first('SCRAM-SHA-256', client.first());
    assert.equal(server.final(client.final(first)), null);
    return first.toString();
  });
  assert.equal(firsts[0], firsts[1]);
  assert.notEqual(firsts[0], firsts[2]);
});

test('arbitrary client messages end in a refusal, never in another error or an acceptance', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.string({ maxLength: 80 }), (first, final) => {
      const server = new ScramServer({
        verifier: mockVerifier('ann', Buffer.alloc(32), 1),
        nonce: 's',
        endPoint: null,
      });
      for (const start of [first, 'n,,n=,r=c']) {
        try {
          server.first('SCRAM-SHA-256', Buffer.from(start));
          assert.equal(server.final(Buffer.from(final)), null);
        } catch (error) {
          assert.ok(error instanceof ProtocolError, String(error));
        }
      }
    }),
  );
});

test('passwords are prepared as RFC 4013 shows, and MD5 is as PostgreSQL has it', () => {
  assert.equal(preparePassword('I\u00adX'), 'IX');
  assert.equal(preparePassword('\u00aa'), 'a');
  assert.equal(preparePassword('\u2168'), 'IX');
  assert.equal(preparePassword('a\u00a0b'), 'a b');
  // md5(md5('pencil' || 'user') || 01020304), reckoned with the md5sum program.
  assert.equal(md5Password('user', 'pencil', Buffer.of(1, 2, 3, 4)), 'md54376eb6913b38f9aaff38dc7cf19ca76');
});
