// A token-classification model of one operator, written as ONNX by hand: the label of a token is looked up by its id. Real
// weights are hundreds of megabytes and a download; what stands between a model and the gate is the same for both.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const labels = ['O', 'B-PER', 'I-PER', 'LOC', 'CODE'];

/** Tokens as BERT's WordPiece writes them. */
const vocabulary: Readonly<Record<string, string>> = {
  '[PAD]': 'O',
  '[UNK]': 'O',
  '[CLS]': 'O',
  '[SEP]': 'O',
  '[MASK]': 'O',
  zib: 'B-PER',
  '##ben': 'I-PER',
  ruk: 'B-PER',
  '##ull': 'I-PER',
  tarnvik: 'LOC',
  qz: 'CODE',
  the: 'O',
  met: 'O',
  by: 'O',
  in: 'O',
  at: 'O',
  noon: 'O',
  soon: 'O',
  left: 'O',
  word: 'O',
  '.': 'O',
  ',': 'O',
};

/** Writes the model's directory: config.json, tokenizer.json, tokenizer_config.json, onnx/model.onnx. */
export function writeTinyModel(directory: string): void {
  mkdirSync(join(directory, 'onnx'), { recursive: true });
  const write = (name: string, content: object): void => writeFileSync(join(directory, name), JSON.stringify(content));
  const tokens = Object.keys(vocabulary);
  write('config.json', {
    model_type: 'bert',
    architectures: ['BertForTokenClassification'],
    vocab_size: tokens.length,
    id2label: Object.fromEntries(labels.entries()),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
  });
  write('tokenizer_config.json', {
    tokenizer_class: 'BertTokenizer',
    do_lower_case: true,
    model_max_length: 512,
    unk_token: '[UNK]',
    sep_token: '[SEP]',
    pad_token: '[PAD]',
    cls_token: '[CLS]',
    mask_token: '[MASK]',
  });
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  write('tokenizer.json', {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  });
  writeFileSync(join(directory, 'onnx', 'model.onnx'), onnx());
}

/** logits = Gather(table, input_ids): ModelProto of onnx.proto, IR version 8, opset 13. */
function onnx(): Uint8Array {
  const table = Object.values(vocabulary).flatMap((label) => labels.map((each) => (each === label ? 8 : -8)));
  const floats = new Uint8Array(new Float32Array(table).buffer);
  const initializer = [
    ...varintField(1, Object.keys(vocabulary).length),
    ...varintField(1, labels.length),
    ...varintField(2, 1),
    ...text(8, 'table'),
    ...bytes(9, floats),
  ];
  const node = [...text(1, 'table'), ...text(1, 'input_ids'), ...text(2, 'logits'), ...text(4, 'Gather')];
  const graph = [
    ...bytes(1, node),
    ...text(2, 'tiny'),
    ...bytes(5, initializer),
    ...bytes(11, value('input_ids', 7, ['batch', 'length'])),
    ...bytes(11, value('attention_mask', 7, ['batch', 'length'])),
    ...bytes(12, value('logits', 1, ['batch', 'length', labels.length])),
  ];
  return Uint8Array.from([...varintField(1, 8), ...bytes(7, graph), ...bytes(8, varintField(2, 13))]);
}

/** ValueInfoProto: 1 = float, 7 = int64. */
function value(name: string, element: number, shape: readonly (string | number)[]): number[] {
  const dimensions = shape.flatMap((each) => bytes(1, typeof each === 'number' ? varintField(1, each) : text(2, each)));
  return [...text(1, name), ...bytes(2, bytes(1, [...varintField(1, element), ...bytes(2, dimensions)]))];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

function varintField(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

function bytes(field: number, content: ArrayLike<number>): number[] {
  return [...varint((field << 3) | 2), ...varint(content.length), ...Array.from(content)];
}

function text(field: number, content: string): number[] {
  return bytes(field, new TextEncoder().encode(content));
}
