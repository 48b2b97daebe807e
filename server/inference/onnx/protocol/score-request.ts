import { decodeNested, mismatch } from '../tensors/decode-json.ts';
import { formatShape, type NamedTensors, type TensorSignature } from '../tensors/tensor.ts';
import { clip, InputError, showValue } from './input-error.ts';

/** Envelopes of `/score`. Their content is understood alike, except that the `dataframe_…` ones say what it must be. */
const ENVELOPES = ['input_data', 'inputs', 'instances', 'dataframe_split', 'dataframe_records'] as const;
/** Members that clients of other servers send beside an envelope and that mean nothing here. */
const IGNORED_MEMBERS = new Set(['signature_name']);

type JsonObject = Record<string, unknown>;

/** Rows with named columns. */
interface Table {
  columns: readonly string[];
  rows: readonly (readonly unknown[])[];
}

/**
 * Makes the model's inputs of a body of `/score`. The forms:
 * - `{"input_data": …}`, `{"inputs": …}`, `{"instances": …}` with nested lists (one input), `{"<input>": …}` (named tensors), a list of
 *   records, or `{"columns": …, "index": …, "data": …}`;
 * - `{"dataframe_split": {"columns", "index", "data"}}` and `{"dataframe_records": [{…}]}`;
 * - the bare named tensors `{"<input>": …}`.
 *
 * Columns named as the inputs become those inputs, each of shape [rows] or [rows, 1]. For a model of one input, other column names are
 * labels of its last axis, in the order given.
 * @throws InputError naming the tensor, what was expected and what came
 */
export function decodeScoreRequest(body: unknown, inputs: readonly TensorSignature[]): NamedTensors {
  if (!isObject(body)) {
    throw new InputError(`The body must be a JSON object such as {"input_data": …}, got ${showValue(body)}.`);
  }
  const names = new Set(inputs.map((input) => input.name));
  const members = Object.keys(body);
  const isBare = members.length > 0 && members.every((member) => names.has(member));
  const envelope = isBare ? undefined : ENVELOPES.find((name) => Object.hasOwn(body, name));
  if (envelope === undefined) return decodeNamed(body, inputs);
  refuseOtherMembers(body, envelope);
  const content = body[envelope];
  if (envelope === 'dataframe_split') return decodeTable(parseSplit(content, envelope), inputs);
  if (envelope === 'dataframe_records') return decodeTable(parseRecords(content, envelope), inputs);
  return decodeContent(content, envelope, inputs, names);
}

function decodeContent(
  content: unknown,
  envelope: string,
  inputs: readonly TensorSignature[],
  names: ReadonlySet<string>,
): NamedTensors {
  if (Array.isArray(content) && isObject(content[0])) return decodeTable(parseRecords(content, envelope), inputs);
  if (isObject(content)) {
    const isSplit = Object.hasOwn(content, 'data') && !Object.keys(content).every((key) => names.has(key));
    return isSplit ? decodeSplit(content, envelope, inputs) : decodeNamed(content, inputs);
  }
  return decodeOnly(content, envelope, inputs);
}

function decodeOnly(content: unknown, envelope: string, inputs: readonly TensorSignature[]): NamedTensors {
  const [only] = inputs;
  if (only === undefined) return new Map();
  if (inputs.length > 1) {
    const example = inputs.map((input) => `"${input.name}": …`).join(', ');
    throw new InputError(
      `The model has ${inputs.length} inputs, so "${envelope}" must name them ({${example}}), got ${showValue(content)}.`,
    );
  }
  return new Map([[only.name, decodeNested(only, content, true)]]);
}

function decodeNamed(tensors: JsonObject, inputs: readonly TensorSignature[]): NamedTensors {
  refuseUnknown(Object.keys(tensors), inputs, 'tensor');
  const decoded: NamedTensors = new Map();
  for (const input of inputs) {
    if (!Object.hasOwn(tensors, input.name)) throw missing(input, Object.keys(tensors));
    decoded.set(input.name, decodeNested(input, tensors[input.name], true));
  }
  return decoded;
}

/** `columns` may be left out: the data then is the one input. */
function decodeSplit(split: JsonObject, envelope: string, inputs: readonly TensorSignature[]): NamedTensors {
  if (Object.hasOwn(split, 'columns')) return decodeTable(parseSplit(split, envelope), inputs);
  checkIndex(split, envelope);
  return decodeOnly(split['data'], envelope, inputs);
}

function decodeTable(table: Table, inputs: readonly TensorSignature[]): NamedTensors {
  const [only] = inputs;
  if (inputs.length === 1 && only !== undefined && !table.columns.includes(only.name)) {
    return new Map([[only.name, decodeMatrix(table, only)]]);
  }
  refuseUnknown(table.columns, inputs, 'column');
  const decoded: NamedTensors = new Map();
  for (const input of inputs) {
    const column = table.columns.indexOf(input.name);
    if (column < 0) throw missing(input, table.columns);
    decoded.set(input.name, decodeNested(input, columnOf(table, column), true));
  }
  return decoded;
}

function decodeMatrix(table: Table, input: TensorSignature) {
  const wantsList = input.shape?.length === 1;
  if (wantsList && table.columns.length === 1) return decodeNested(input, columnOf(table, 0), false);
  const width = input.shape?.at(-1);
  if (typeof width === 'number' && input.shape?.length === 2 && width !== table.columns.length) {
    const names = clip(table.columns.join(', '));
    throw mismatch(
      input,
      `${width} columns (shape ${formatShape(input.shape)}), got ${table.columns.length}: ${names}`,
    );
  }
  return decodeNested(input, table.rows, false);
}

function columnOf(table: Table, column: number): unknown[] {
  return table.rows.map((row) => row[column]);
}

function parseSplit(content: unknown, envelope: string): Table {
  if (!isObject(content) || !isNameList(content['columns']) || !Array.isArray(content['data'])) {
    throw new InputError(
      `"${envelope}" must be {"columns": ["…"], "data": [[…]]}; its columns must be a list of names and its data a list of rows.`,
    );
  }
  const { columns, data } = content as { columns: string[]; data: unknown[] };
  checkIndex(content, envelope);
  if (new Set(columns).size !== columns.length) throw new InputError(`"${envelope}" names a column twice.`);
  for (const [index, row] of data.entries()) {
    if (!Array.isArray(row) || row.length !== columns.length) {
      const got = Array.isArray(row) ? `${row.length} values` : showValue(row);
      throw new InputError(
        `Row ${index} of "${envelope}" must hold one value per column (${columns.length}), got ${got}.`,
      );
    }
  }
  return { columns, rows: data as unknown[][] };
}

function checkIndex(split: JsonObject, envelope: string): void {
  for (const key of Object.keys(split)) {
    if (key !== 'columns' && key !== 'index' && key !== 'data') {
      throw new InputError(`"${envelope}" holds the unknown member "${clip(key)}".`);
    }
  }
  const { index, data } = split;
  if (index === undefined || index === null) return;
  if (!Array.isArray(index) || !Array.isArray(data) || index.length !== data.length) {
    throw new InputError(`"index" of "${envelope}" must be a list with one entry per row.`);
  }
}

function parseRecords(content: unknown, envelope: string): Table {
  if (!Array.isArray(content) || !isObject(content[0])) {
    throw new InputError(`"${envelope}" must be a list of records, got ${showValue(content)}.`);
  }
  const columns = Object.keys(content[0]);
  const rows = content.map((record: unknown, index) => {
    if (!isObject(record))
      throw new InputError(`Record ${index} of "${envelope}" is ${showValue(record)}, not an object.`);
    const keys = Object.keys(record);
    if (keys.length !== columns.length || !columns.every((column) => Object.hasOwn(record, column))) {
      throw new InputError(
        `Record ${index} of "${envelope}" has other columns than the first: ${clip(keys.join(', '))}.`,
      );
    }
    return columns.map((column) => record[column]);
  });
  return { columns, rows };
}

function refuseOtherMembers(body: JsonObject, envelope: string): void {
  for (const member of Object.keys(body)) {
    if (member === envelope || IGNORED_MEMBERS.has(member)) continue;
    if (member !== 'params')
      throw new InputError(`The body holds "${envelope}" and the unknown member "${clip(member)}".`);
    const params = body['params'];
    const isEmpty = params === null || (isObject(params) && Object.keys(params).length === 0);
    if (!isEmpty) throw new InputError('An ONNX model takes no "params".');
  }
}

function refuseUnknown(given: readonly string[], inputs: readonly TensorSignature[], what: string): void {
  const unknown = given.find((name) => !inputs.some((input) => input.name === name));
  if (unknown === undefined) return;
  const names = inputs.map((input) => `"${input.name}"`).join(', ');
  throw new InputError(`The model has no input "${clip(unknown)}" (a ${what} of the request). Its inputs: ${names}.`);
}

function missing(input: TensorSignature, given: readonly string[]): InputError {
  const got = given.length === 0 ? 'nothing' : clip(given.join(', '));
  return new InputError(
    `Input "${input.name}" (${input.datatype} ${formatShape(input.shape)}) is missing, got ${got}.`,
  );
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNameList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
