// What ties a message to a task (MCP 2025-11-25, Tasks / Related Task Metadata).

import { isJsonObject, type JsonObject } from '../../core/json.ts';

const relatedTask = 'io.modelcontextprotocol/related-task';

/** The same result or params, said to belong to this task. */
export function relatedTo(taskId: string, members: JsonObject): JsonObject {
  const { _meta: meta } = members;
  return { ...members, _meta: { ...(isJsonObject(meta) ? meta : {}), [relatedTask]: { taskId } } };
}

/** The same, said to belong to none. */
export function relatedToNone(members: JsonObject): JsonObject {
  const { _meta: meta, ...rest } = members;
  if (!isJsonObject(meta) || !Object.hasOwn(meta, relatedTask)) return members;
  const { [relatedTask]: _task, ...others } = meta;
  return { ...rest, ...(Object.keys(others).length > 0 ? { _meta: others } : {}) };
}
