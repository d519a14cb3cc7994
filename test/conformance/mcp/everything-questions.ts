// The questions a server asks in the scenarios of the official conformance suite: pushed to the client by a server with
// sessions (2025-11-25), given as a result of type `input_required` without (2026-07-28).

import {
  acceptedContent,
  createRequestStateCodec,
  type ElicitRequestFormParams,
  type ElicitResult,
  type InputRequest,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { declaredIn } from './everything-primitives.ts';

type Said = { content: { type: 'text'; text: string }[] };
type Form = ElicitRequestFormParams['requestedSchema'];
type Answered = Said | InputRequiredResult;

const said = (text: string): Said => ({ content: [{ type: 'text', text }] });

/** Protects `requestState`; give its `verify` to the server. */
export const stateCodec: RequestStateCodec<string> = createRequestStateCodec<string>({
  key: 'a key for tests that is long enough',
});

export function addPushedQuestions(server: McpServer): void {
  const prompt = z.object({ prompt: z.string() });
  server.registerTool('test_sampling', { description: 'Samples', inputSchema: prompt }, async (given, { mcpReq }) => {
    const content = { type: 'text' as const, text: given.prompt };
    const answer = await mcpReq.send({
      method: 'sampling/createMessage',
      params: { messages: [{ role: 'user', content }], maxTokens: 100 },
    });
    return said(`LLM response: ${JSON.stringify(answer.content)}`);
  });
  const message = z.object({ message: z.string() });
  server.registerTool('test_elicitation', { description: 'Asks', inputSchema: message }, async (given, { mcpReq }) => {
    const answer = await ask(mcpReq, given.message, contact);
    return said(`User response: action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`);
  });
  for (const [name, requestedSchema] of Object.entries({
    test_elicitation_sep1034_defaults: defaults,
    test_elicitation_sep1330_enums: enums,
  })) {
    server.registerTool(name, { description: 'Asks with a form' }, async ({ mcpReq }) => {
      const answer = await ask(mcpReq, 'Please fill in the form', requestedSchema);
      return said(`Elicitation completed: action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`);
    });
  }
}

/** On the stream of the call it belongs to: `elicitInput` would use the stream of the session, which may not be open yet. */
function ask(mcpReq: ServerContext['mcpReq'], message: string, requestedSchema: Form): Promise<ElicitResult> {
  return mcpReq.send({ method: 'elicitation/create', params: { message, requestedSchema } });
}

const contact: Form = {
  type: 'object',
  properties: { username: { type: 'string' }, email: { type: 'string' } },
  required: ['username', 'email'],
};

const defaults: Form = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
};

const options = ['option1', 'option2', 'option3'];
const titled = [
  { const: 'value1', title: 'First' },
  { const: 'value2', title: 'Second' },
  { const: 'value3', title: 'Third' },
];
const enums: Form = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: options },
    titledSingle: { type: 'string', oneOf: titled },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
    titledMulti: { type: 'array', items: { anyOf: titled } },
  },
};

const asked = {
  user_name: form('What is your name?', { name: { type: 'string' } }),
  capital_question: sample('What is the capital of France?', 100),
  greeting: sample('Generate a greeting', 50),
  client_roots: inputRequired.listRoots(),
  confirm: form('Please confirm', { ok: { type: 'boolean' } }),
  step1: form('Step 1: What is your name?', { name: { type: 'string' } }),
  step2: form('Step 2: What is your favorite color?', { color: { type: 'string' } }),
  user_context: form('What context should the prompt use?', { context: { type: 'string' } }),
};

function form(message: string, properties: Form['properties']): InputRequest {
  return inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties, required: Object.keys(properties) },
  });
}

function sample(text: string, maxTokens: number): InputRequest {
  return inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens });
}

export function addRequiredInput(server: McpServer): void {
  const tool = (name: string, run: (context: ServerContext) => Answered | Promise<Answered>): void => {
    server.registerTool(name, { description: 'Requires input' }, run);
  };
  const { user_name, capital_question, greeting, client_roots, confirm, step1, step2 } = asked;
  const name = ({ mcpReq }: ServerContext, key: string): string | undefined =>
    acceptedContent(mcpReq.inputResponses, key, z.object({ name: z.string() }))?.name;

  tool('test_input_required_result_elicitation', (context) => {
    const given = name(context, 'user_name');
    return given === undefined ? inputRequired({ inputRequests: { user_name } }) : said(`Hello, ${given}!`);
  });
  tool('test_input_required_result_sampling', ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'capital_question');
    if (answer.kind !== 'sampling') return inputRequired({ inputRequests: { capital_question } });
    return said(JSON.stringify(answer.result.content));
  });
  tool('test_input_required_result_list_roots', ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'client_roots');
    if (answer.kind !== 'roots') return inputRequired({ inputRequests: { client_roots } });
    return said(`Roots: ${answer.roots.map((root) => root.uri).join(' ')}`);
  });
  for (const each of ['test_input_required_result_request_state', 'test_input_required_result_tampered_state']) {
    tool(each, async ({ mcpReq }) => {
      if (mcpReq.requestState() === each) return said('state-ok');
      return inputRequired({ inputRequests: { confirm }, requestState: await stateCodec.mint(each) });
    });
  }
  tool('test_input_required_result_multiple_inputs', async ({ mcpReq }) => {
    const kinds = ['user_name', 'greeting', 'client_roots'].map(
      (key) => inputResponse(mcpReq.inputResponses, key).kind,
    );
    if (!kinds.includes('missing')) return said('All of it came');
    const requestState = await stateCodec.mint('multiple');
    return inputRequired({ inputRequests: { user_name, greeting, client_roots }, requestState });
  });
  tool('test_input_required_result_multi_round', async ({ mcpReq }) => {
    const state = mcpReq.requestState<string>();
    if (state === 'second') return said('Both steps are done');
    const round =
      state === 'first' ? { inputRequests: { step2 }, next: 'second' } : { inputRequests: { step1 }, next: 'first' };
    return inputRequired({ inputRequests: round.inputRequests, requestState: await stateCodec.mint(round.next) });
  });
  tool('test_input_required_result_capabilities', (context) => {
    const declared = declaredIn(context);
    const inputRequests = {
      ...('elicitation' in declared ? { user_name } : {}),
      ...('sampling' in declared ? { greeting } : {}),
      ...('roots' in declared ? { client_roots } : {}),
    };
    return Object.keys(inputRequests).length > 0 ? inputRequired({ inputRequests }) : said('There is nobody to ask');
  });
  tool('test_streaming_elicitation', () => inputRequired({ inputRequests: { user_name } }));
  // The SDK refuses to ask what the client has not declared: -32021.
  tool('test_missing_capability', () => inputRequired({ inputRequests: { greeting } }));
  server.registerPrompt('test_input_required_result_prompt', { description: 'Requires input' }, ({ mcpReq }) => {
    const given = acceptedContent(mcpReq.inputResponses, 'user_context', z.object({ context: z.string() }));
    if (!given) return inputRequired({ inputRequests: { user_context: asked.user_context } });
    return { messages: [{ role: 'user' as const, content: { type: 'text' as const, text: `In ${given.context}` } }] };
  });
}
