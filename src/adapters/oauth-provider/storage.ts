// What oidc-provider has to remember, as kept records. INVARIANT: a code or token is consumed once, whoever comes first.

import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { JsonObject } from '../../core/json.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeptRecords, RecordIndex } from '../../ports/kept-records.ts';

/** What has no end of its own: a registered client. It registers again when it is gone. */
const clientMs = 90 * 86_400_000;

export function storageIn(records: KeptRecords, clock: Clock): (model: string) => Adapter {
  return (model) => {
    const kind = `oauth ${model}` as const;
    const find = (id: string): AdapterPayload | undefined => payloadOf(records.get(kind, id, clock.now()));
    const findBy = (index: RecordIndex, value: string): AdapterPayload | undefined =>
      payloadOf(records.find(kind, index, value, clock.now())[0]);
    const put = (id: string, payload: AdapterPayload, expiresMs: number): void =>
      // The library writes JSON, and leaves out what is undefined.
      records.put(kind, id, JSON.parse(JSON.stringify(payload)), expiresMs, {
        ...(payload.grantId === undefined || !grantable.has(model) ? {} : { grant: payload.grantId }),
        ...(payload.uid === undefined ? {} : { uid: payload.uid }),
        ...(payload.userCode === undefined ? {} : { userCode: payload.userCode }),
      });
    return {
      upsert: async (id, payload, expiresIn) =>
        put(
          id,
          model === 'RefreshToken' ? offline(payload) : payload,
          clock.now() + (expiresIn === undefined ? clientMs : expiresIn * 1000),
        ),
      find: async (id) => find(id),
      findByUid: async (uid) => findBy('uid', uid),
      findByUserCode: async (userCode) => findBy('userCode', userCode),
      consume: async (id) => {
        const payload = find(id);
        if (!payload || payload.consumed) throw new errors.InvalidGrant('it has been used before');
        const consumed = Math.floor(clock.now() / 1000);
        put(id, { ...payload, consumed }, (payload.exp ?? consumed + 60) * 1000);
      },
      destroy: async (id) => records.remove(kind, id),
      revokeByGrantId: async (grantId) => records.removeBy('grant', grantId),
    };
  };
}

const grantable: ReadonlySet<string> = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode']);

/**
 * A refresh token is offline access, with `prompt=consent` or without (OpenID Connect Core §11, which the library keeps to):
 * a client that asked for both has no other word for it when it refreshes, and would be refused (`invalid_scope`).
 */
function offline(payload: AdapterPayload): AdapterPayload {
  const scopes = (payload.scope ?? '').split(' ').filter((each) => each !== '');
  return { ...payload, scope: [...new Set([...scopes, 'offline_access'])].join(' ') };
}

/** A copy: the library changes what it gets. */
function payloadOf(record: JsonObject | undefined): AdapterPayload | undefined {
  if (record === undefined) return undefined;
  const payload: AdapterPayload = JSON.parse(JSON.stringify(record));
  return payload;
}
