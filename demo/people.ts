// The people of the demo: who they are at the identity provider. Nobody here is real.

import { randomInt } from 'node:crypto';

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly groups: readonly string[];
  /** What they do here, for the one who reads the terminal. */
  readonly role: string;
  readonly password: string;
}

const words = [
  'amber',
  'birch',
  'cedar',
  'delta',
  'ember',
  'fjord',
  'grove',
  'heron',
  'ivory',
  'juniper',
  'lagoon',
  'maple',
];

/** Everybody, with passwords made for this run. */
export function people(): readonly Person[] {
  return [
    { id: 'ana', name: 'Ana Lima', groups: ['analysts'], role: 'analyst: sees masked rows', password: password() },
    {
      id: 'cora',
      name: 'Cora Jensen',
      groups: ['care-team'],
      role: 'care team: sees names and dates',
      password: password(),
    },
    {
      id: 'pia',
      name: 'Pia Novak',
      groups: ['privacy-officers'],
      role: 'privacy officer: approves',
      password: password(),
    },
    {
      id: 'augusto',
      name: 'Augusto Reyes',
      groups: ['auditors'],
      role: 'auditor: reads the log',
      password: password(),
    },
  ];
}

function password(): string {
  return `${[1, 2, 3].map(() => words[randomInt(words.length)]).join('-')}-${randomInt(100, 1000)}`;
}
