const GATEWAY_WORDS: Readonly<Record<number, string>> = {
  401: 'The gateway did not accept the key.',
  404: 'No such endpoint or deployment, or no deployment takes traffic. Apply a split, or pick a deployment by name.',
  408: 'The request did not arrive in time.',
  413: 'The body is over the limit of the endpoint.',
  429: 'A limit is reached, or too many calls wait for this deployment.',
  502: 'The instance dropped the call or gave no valid answer. Look at its console.',
  503: 'No instance is ready, or none became free in time.',
  504: 'The model did not begin to answer in time. Raise request_timeout_ms if it needs longer.',
};

/** What a status means here and whose word it is; null where there is nothing to explain. */
export function explainStatus(status: number, headers: Readonly<Record<string, string>>): string | null {
  if (status < 400) return null;
  const modelStatus = headers['ms-azureml-model-error-statuscode'];
  if (modelStatus !== undefined) return `The model itself answered ${modelStatus}: its words are below.`;
  return GATEWAY_WORDS[status] ?? 'The gateway refused the request: its words are below.';
}
