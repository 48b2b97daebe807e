import { BAD_ANSWERS, BODYLESS, INCOMPLETE_ANSWERS, INTERIM, STREAMING } from './answer-vectors.ts';
import { BODY_LENGTH, CHUNKED_BODY, TRAILERS } from './body-vectors.ts';
import { HALF_CLOSE, OWN_ANSWERS, PIPELINING, UPGRADE } from './connection-vectors.ts';
import { CREDENTIALS, EXPECT, FIELD_SYNTAX, HOP_BY_HOP, IDENTITY } from './field-vectors.ts';
import { HOST, REQUEST_TARGET, VERSION } from './request-line-vectors.ts';
import type { VectorGroup } from './vector.ts';

export const VECTOR_GROUPS: readonly VectorGroup[] = [
  REQUEST_TARGET,
  HOST,
  VERSION,
  BODY_LENGTH,
  CHUNKED_BODY,
  TRAILERS,
  FIELD_SYNTAX,
  HOP_BY_HOP,
  EXPECT,
  INTERIM,
  BODYLESS,
  PIPELINING,
  UPGRADE,
  BAD_ANSWERS,
  STREAMING,
  HALF_CLOSE,
  INCOMPLETE_ANSWERS,
  OWN_ANSWERS,
  IDENTITY,
  CREDENTIALS,
];
