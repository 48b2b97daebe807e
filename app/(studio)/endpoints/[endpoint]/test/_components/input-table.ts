import type { TensorSpec } from '#lib/contracts/model.ts';

/** A request of rows and columns, as a form shows it; every cell as it was typed. */
export interface InputTable {
  columns: string[];
  rows: string[][];
}

/** More columns than this are no form but a matrix: the JSON is the better editor. */
const MAX_COLUMNS = 16;
const MAX_ROWS = 50;

interface SplitBody {
  input_data: { columns: string[]; data: unknown[][]; index?: unknown };
}

/** The table of a request body; null where it has another form, or is too large to fill in by hand. */
export function tableOf(body: unknown): InputTable | null {
  if (!isSplitBody(body)) return null;
  const { columns, data } = body.input_data;
  if (columns.length === 0 || columns.length > MAX_COLUMNS || data.length === 0 || data.length > MAX_ROWS) return null;
  if (
    data.some((row) => row.length !== columns.length || row.some((cell) => typeof cell === 'object' && cell !== null))
  )
    return null;
  return {
    columns,
    rows: data.map((row) => row.map((cell) => (typeof cell === 'string' ? cell : JSON.stringify(cell)))),
  };
}

function isSplitBody(body: unknown): body is SplitBody {
  const input = (body as Partial<SplitBody> | null)?.input_data;
  return (
    typeof input === 'object' &&
    input !== null &&
    Array.isArray(input.columns) &&
    input.columns.every((column) => typeof column === 'string') &&
    Array.isArray(input.data) &&
    input.data.every(Array.isArray)
  );
}

/** The body of a table. Text stays text where the model takes text; elsewhere a number, true, false or null is read as such. */
export function bodyOfTable(table: InputTable, takesText: boolean): unknown {
  const data = table.rows.map((row) => row.map((cell) => (takesText ? cell : parseCell(cell))));
  return { input_data: { columns: table.columns, index: data.map((_, index) => index), data } };
}

/** A cell that is not a JSON scalar is sent as the text it is: the model says what it expected. */
function parseCell(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? text : value;
  } catch {
    return text;
  }
}

/** Whether every input is text. */
export function takesText(inputs: readonly TensorSpec[]): boolean {
  return inputs.length > 0 && inputs.every(({ datatype }) => datatype === 'BYTES');
}

/** Datatype that a column is read as: of the input of its name, or of the only one; null where neither tells. */
export function datatypeOf(inputs: readonly TensorSpec[], column: string): string | null {
  const input = inputs.find(({ name }) => name === column) ?? (inputs.length === 1 ? inputs[0] : undefined);
  return input?.datatype ?? null;
}
