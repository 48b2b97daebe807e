import { z } from 'zod';
import { nearestName } from '#server/domain/nearest-name.ts';
import { faultAt, type TextField, type TextMessage, type TextValue } from './text-format.ts';

/**
 * Fields of the messages that are read, by the message's path. Triton refuses a description with any other, so a misspelt field is told
 * here before it costs a deployment.
 * @see https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto
 */
const KNOWN_FIELDS: Readonly<Record<string, readonly string[]>> = {
  '': [
    'name',
    'platform',
    'backend',
    'runtime',
    'version_policy',
    'max_batch_size',
    'input',
    'output',
    'batch_input',
    'batch_output',
    'optimization',
    'dynamic_batching',
    'sequence_batching',
    'ensemble_scheduling',
    'instance_group',
    'default_model_filename',
    'cc_model_filenames',
    'metric_tags',
    'parameters',
    'model_warmup',
    'model_operations',
    'model_transaction_policy',
    'model_repository_agents',
    'response_cache',
    'model_metrics',
  ],
  'input.': [
    'name',
    'data_type',
    'format',
    'dims',
    'reshape',
    'is_shape_tensor',
    'allow_ragged_batch',
    'optional',
    'is_non_linear_format_io',
  ],
  'output.': ['name', 'data_type', 'dims', 'reshape', 'label_filename', 'is_shape_tensor', 'is_non_linear_format_io'],
  'version_policy.': ['latest', 'all', 'specific'],
  'instance_group.': [
    'name',
    'kind',
    'count',
    'rate_limiter',
    'gpus',
    'secondary_devices',
    'profile',
    'passive',
    'host_policy',
  ],
  'ensemble_scheduling.step.': ['model_name', 'model_version', 'input_map', 'output_map', 'model_namespace'],
};

const textSchema = z.string();
const numberSchema = z.number();
const wholeSchema = z.number().int();
const wordSchema = z.object({ word: z.string() }).transform(({ word }) => word);
const booleanSchema = wordSchema.pipe(z.enum(['true', 'false'])).transform((word) => word === 'true');
const messageSchema = z.instanceof<typeof Map<string, TextField[]>>(Map);

/**
 * A message's fields by the types that its definition gives them; the last value of a field that is not repeated counts. Whatever does not
 * fit is a DescriptionError that names the field and its line.
 */
export class ConfigFields {
  readonly #message: TextMessage;
  readonly #path: string;
  readonly #line: number;

  constructor(message: TextMessage, path = '', line = 1) {
    this.#message = message;
    this.#path = path;
    this.#line = line;
    this.#refuseUnknown();
  }

  text(name: string): string {
    return this.#last(name, textSchema, 'text in quotes') ?? '';
  }

  word(name: string): string {
    return this.#last(name, wordSchema, 'a name without quotes') ?? '';
  }

  isTrue(name: string): boolean {
    return this.#last(name, booleanSchema, 'true or false') ?? false;
  }

  /** A whole number in its bounds, or null. */
  whole(name: string, min: number): number | null {
    const number = this.#last(name, wholeSchema, 'a whole number');
    if (number !== null && number < min)
      this.refuse(`has ${number} in "${this.#path}${name}", which is below ${min}`, name);
    return number;
  }

  numbers(name: string): number[] {
    return this.#all(name, numberSchema, 'a number');
  }

  message(name: string): ConfigFields | null {
    return this.messages(name).at(-1) ?? null;
  }

  messages(name: string): ConfigFields[] {
    const lines = (this.#message.get(name) ?? []).map(({ line }) => line);
    return this.#all(name, messageSchema, 'a message in braces').map(
      (message, index) => new ConfigFields(message, `${this.#path}${name}.`, lines[index]),
    );
  }

  has(name: string): boolean {
    return this.#message.has(name);
  }

  /**
   * @param what completes "config.pbtxt …"
   * @param field whose line is named; the message's own where it is left out or not there
   * @throws DescriptionError
   */
  refuse(what: string, field = ''): never {
    throw faultAt(this.#message.get(field)?.at(-1)?.line ?? this.#line, what);
  }

  #refuseUnknown(): void {
    const known = KNOWN_FIELDS[this.#path];
    const unknown = known && [...this.#message.keys()].find((name) => !known.includes(name));
    if (known === undefined || unknown === undefined) return;
    const near = nearestName(unknown, known);
    const hint = near === null ? '' : `; perhaps "${near}" was meant`;
    this.refuse(`has "${this.#path}${unknown}", which is no field of a model's description${hint}`, unknown);
  }

  #last<Schema extends z.ZodType>(name: string, schema: Schema, what: string): z.infer<Schema> | null {
    return this.#all(name, schema, what).at(-1) ?? null;
  }

  #all<Schema extends z.ZodType>(name: string, schema: Schema, what: string): z.infer<Schema>[] {
    return (this.#message.get(name) ?? []).map(({ value, line }: { value: TextValue; line: number }) => {
      const parsed = schema.safeParse(value);
      if (!parsed.success) throw faultAt(line, `has in "${this.#path}${name}" something other than ${what}`);
      return parsed.data;
    });
  }
}
