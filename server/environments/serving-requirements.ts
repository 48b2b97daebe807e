/** What our Python model server is faster with; it has its own slower ways where there is no wheel. */
export const SERVING_REQUIREMENTS: readonly string[] = ['uvloop', 'httptools', 'orjson'];
