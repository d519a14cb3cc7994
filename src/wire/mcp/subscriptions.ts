// `subscriptions/listen` (MCP 2026-07-28) as pure functions: what a client wants to be told of, what a server can tell, and
// which notification is which. Must never accept more than was asked for.

import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

/** Marks what is said on a subscription with the id of the request that asked. */
export const subscriptionKey = 'io.modelcontextprotocol/subscriptionId';

export interface SubscriptionFilter {
  /** Members of the filter that are about lists. */
  readonly lists: readonly string[];
  /** Resources. */
  readonly uris: readonly string[];
}

const listNews: Readonly<Record<string, { readonly capability: string; readonly method: string }>> = {
  toolsListChanged: { capability: 'tools', method: 'notifications/tools/list_changed' },
  promptsListChanged: { capability: 'prompts', method: 'notifications/prompts/list_changed' },
  resourcesListChanged: { capability: 'resources', method: 'notifications/resources/list_changed' },
};

/** Null where the params have no filter, or one that is none. */
export function filterOf(params: JsonObject): SubscriptionFilter | null {
  const { notifications } = params;
  if (!isJsonObject(notifications)) return null;
  const { resourceSubscriptions: uris = [] } = notifications;
  if (!isJsonArray(uris) || !uris.every((uri: Json) => typeof uri === 'string')) return null;
  return { lists: Object.keys(listNews).filter((name) => notifications[name] === true), uris: [...new Set(uris)] };
}

/** All that a server of these capabilities can tell about its lists. */
export function offeredLists(capabilities: JsonObject): readonly string[] {
  return Object.entries(listNews).flatMap(([name, { capability }]) => {
    const offered = capabilities[capability];
    return isJsonObject(offered) && offered['listChanged'] === true ? [name] : [];
  });
}

/** What of it a server of these capabilities can tell. */
export function honored(filter: SubscriptionFilter, capabilities: JsonObject): SubscriptionFilter {
  const lists = offeredLists(capabilities);
  const { resources } = capabilities;
  const subscribes = isJsonObject(resources) && resources['subscribe'] === true;
  return { lists: filter.lists.filter((name) => lists.includes(name)), uris: subscribes ? filter.uris : [] };
}

/** As it stands in params. */
export function filterJson({ lists, uris }: SubscriptionFilter): JsonObject {
  return {
    ...Object.fromEntries(lists.map((name) => [name, true])),
    ...(uris.length > 0 ? { resourceSubscriptions: [...uris] } : {}),
  };
}

/** Whether a notification is told on subscriptions alone. */
export function isNews(method: string): boolean {
  return method === 'notifications/resources/updated' || Object.values(listNews).some((each) => each.method === method);
}

export function wants({ lists, uris }: SubscriptionFilter, method: string, params: JsonObject): boolean {
  const { uri } = params;
  if (method === 'notifications/resources/updated') return typeof uri === 'string' && uris.includes(uri);
  return lists.some((name) => listNews[name]?.method === method);
}

/** Params with the mark of the subscription `id`, or, without one, with none. */
export function marked(params: JsonObject, id: string | number | null): JsonObject {
  const { _meta: given, ...rest } = params;
  const { [subscriptionKey]: _other, ...meta } = isJsonObject(given) ? given : {};
  const whole = id === null ? meta : { ...meta, [subscriptionKey]: id };
  return Object.keys(whole).length > 0 ? { ...rest, _meta: whole } : rest;
}
