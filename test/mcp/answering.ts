// A client that answers what a server asks of it, with PHI in each answer.

import type { Client } from '@modelcontextprotocol/client';
import { phiText, ssn } from './fixture-server.ts';

/** `asked` gets what it was asked, as JSON: elicitation and sampling. */
export function answering(client: Client, asked: string[]): void {
  client.setRequestHandler('elicitation/create', ({ params }) => {
    asked.push(JSON.stringify(params));
    return { action: 'accept', content: { comment: `it is ${phiText}` } };
  });
  client.setRequestHandler('sampling/createMessage', ({ params }) => {
    asked.push(JSON.stringify(params));
    return { role: 'assistant', model: 'model-1', content: { type: 'text', text: `I read: ${phiText}` } };
  });
  client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///srv/charts', name: `of ${ssn}` }] }));
}
