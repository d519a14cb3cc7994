// Names written as parts of keys and paths, plates of cars and of laboratories, words turned around: what is somebody's and what is not.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json } from '../../src/core/json.ts';
import { maskJson } from '../../src/masking/json.ts';
import { viewOf } from './view.ts';

const masked = (value: Json): string => JSON.stringify(maskJson(value, viewOf()));

describe('what is written without blanks', () => {
  it('is masked where it stands for somebody', () => {
    for (const [value, ...gone] of [
      [{ 'jane-doe-4711': { a: 1 } }, 'jane', '4711'],
      [{ records: { 'xerxes-quillfeather-4711': { dob: '1961-07-23', mrn: 'A4471' } } }, 'quillfeather', '4711'],
      ['s3://exports/patients/quillfeather-ostrandt/labs.csv', 'quillfeather'],
      ['{"path":"charts/quillfeather-zebulon/labs.json"}', 'quillfeather', 'zebulon'],
      ['signed by thibodeaux.amelie today', 'thibodeaux'],
      ['/home/zquillig/export/labs.csv', 'zquillig'],
      [{ car: { make: 'Honda', plate: '7ABC123' } }, '7ABC123'],
      ['eoD enaJ was seen', 'enaJ'],
      ['scans/mrn_00482913_chest.pdf', '00482913'],
      ['ssn_219_09_9999, phone_no_555_123_4567, dob_1956_03_04.txt', '219_09', '555_123', '1956_03'],
      ['seen at lat 40.7128 lon -74.0060', '40.7128', '74.0060'],
    ] satisfies readonly (readonly [Json, ...string[]])[]) {
      for (const each of gone) assert.ok(!masked(value).includes(each), masked(value));
    }
  });

  it('stays where it does not', () => {
    for (const value of [
      { 'primary-contact': { email: null }, 'heart-rate': { value: 72 } },
      'helm install charts/kube-prometheus-stack from /home/build/repos/app',
      { plate: 'MH-12345', well: 'A01' },
      { growth: { plate: 'MH-12345' } },
      'mRNA and tRNA rose, eGFR fell',
      'phone_1 and ssn_9 are columns of patient_12 and account_0042',
    ])
      assert.deepEqual(maskJson(value, viewOf()), value);
  });
});
