'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { parseAsStringLiteral } from '#components/address/query-parameters.ts';
import { useQueryState } from '#components/address/use-query-state.ts';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Link } from '#components/ui/link.tsx';
import { Section } from '#components/ui/panel.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import { Select } from '#components/ui/select.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import type { Endpoint, EndpointKeys, EndpointToken } from '#lib/contracts/endpoint.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { API_BASE, apiPath } from '#lib/queries/fetch-json.ts';
import { endpointQuery } from '#lib/queries/endpoints.ts';
import { tlsQuery } from '#lib/queries/tls.ts';
import { renderSnippet, SNIPPET_LANGUAGES, SNIPPET_NAMES } from '#lib/snippets/request-snippets.ts';
import { EndpointKeyPanel } from './endpoint-key-panel.tsx';
import { EndpointTokenPanel } from './endpoint-token-panel.tsx';
import { CA_FILE } from '#lib/snippets/trust-authority.ts';
import { StatusCodes } from './status-codes.tsx';
import { useOrigin } from './use-origin.ts';
import { useSampleRequest } from './use-sample-request.ts';

const AS_TRAFFIC = '';

/** Everything a caller needs: address, keys, and the request as a program that runs when pasted. */
export function ConsumeView({ name }: { name: string }) {
  const { data: endpoint, error, refetch } = useQuery(endpointQuery(name));
  if (error && endpoint === undefined) {
    return (
      <ErrorState problem={problemOf(error)} title="The endpoint could not be read" onRetry={() => void refetch()} />
    );
  }
  if (endpoint === undefined) return <SkeletonRows label="how to call it" rows={6} />;
  return <LoadedConsume endpoint={endpoint} />;
}

function LoadedConsume({ endpoint }: { endpoint: Endpoint }) {
  const [keys, setKeys] = useState<EndpointKeys | null>(null);
  const [token, setToken] = useState<EndpointToken | null>(null);
  const hasTokens = endpoint.auth_mode === 'aml_token';
  const credential = hasTokens ? (token?.access_token ?? null) : (keys?.primary_key ?? null);
  return (
    <div className="grid grid-cols-1 gap-8 lg:grid-cols-[minmax(0,1fr)_380px]">
      <div className="grid content-start gap-8">
        <Section title="Address">
          <div className="grid gap-2 border-t border-line pt-3">
            <Address label="Scoring" url={endpoint.scoring_uri} />
            <Address label="OpenAPI of the model" url={endpoint.openapi_uri} />
          </div>
        </Section>
        <Snippet endpoint={endpoint} credential={credential} />
        <StatusCodes mapsErrors={endpoint.map_model_errors} />
      </div>
      {hasTokens ? (
        <EndpointTokenPanel endpoint={endpoint.name} token={token} onToken={setToken} />
      ) : (
        <EndpointKeyPanel endpoint={endpoint.name} keys={keys} onKeys={setKeys} />
      )}
    </div>
  );
}

function Address({ label, url }: { label: string; url: string }) {
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-x-3">
      <span className="w-40 text-muted max-md:w-full">{label}</span>
      <span className="flex min-w-0 items-center gap-3">
        <code className="truncate font-mono text-xs">{url}</code>
        <CopyButton text={url} label={`Copy the address: ${label}`} />
      </span>
    </div>
  );
}

/** @param credential key or token, once it was revealed */
function Snippet({ endpoint, credential }: { endpoint: Endpoint; credential: string | null }) {
  const [language, setLanguage] = useQueryState('lang', parseAsStringLiteral(SNIPPET_LANGUAGES).withDefault('curl'));
  const [deployment, setDeployment] = useState(AS_TRAFFIC);
  const origin = useOrigin();
  const sample = useSampleRequest(endpoint.name, deployment === AS_TRAFFIC ? null : deployment);
  const localCa = useLocalCa(endpoint.scoring_uri);
  const code = renderSnippet(language, {
    url: endpoint.scoring_uri.replace(/\/score$/, sample.path),
    credential,
    tokenUrl:
      endpoint.auth_mode === 'aml_token' ? `${origin}${API_BASE}${apiPath('endpoints', endpoint.name, 'token')}` : null,
    body: sample.body,
    deployment: deployment === AS_TRAFFIC ? null : deployment,
    localCa,
  });
  return (
    <Section
      title="Call it"
      actions={
        <SegmentedControl
          label="Language"
          options={SNIPPET_LANGUAGES.map((id) => ({ id, label: SNIPPET_NAMES[id] }))}
          value={language}
          onChange={(id) => void setLanguage(id)}
        />
      }
    >
      <div className="grid gap-3 border-t border-line pt-3">
        <Select
          label="Answered by"
          options={[
            { id: AS_TRAFFIC, label: 'As the split says' },
            ...endpoint.deployments.map(({ name }) => ({ id: name, label: `Always ${name}, by header` })),
          ]}
          value={deployment}
          onChange={setDeployment}
          className="max-w-70"
        />
        <CodeBlock code={code} label={`${SNIPPET_NAMES[language]} request`} />
        <p className="text-xs text-muted">
          {credentialNote(endpoint.auth_mode === 'aml_token', credential !== null)}{' '}
          <Link look="prose" href={`/endpoints/${encodeURIComponent(endpoint.name)}/test`}>
            Try it in the browser
          </Link>
        </p>
        {localCa ? (
          <p className="text-xs text-muted">
            The address is vouched for by this installation’s own authority: lay its certificate{' '}
            <code className="font-mono">{CA_FILE}</code> beside the program, or have the system trust it.{' '}
            <Link look="prose" href="/admin/tls">
              Download it and see how
            </Link>
          </p>
        ) : null}
      </div>
    </Section>
  );
}

/** Whether callers of an address have to trust the local CA first. */
function useLocalCa(url: string): boolean {
  const { data: tls } = useQuery({ ...tlsQuery(), enabled: url.startsWith('https:') });
  return tls?.local_ca != null;
}

function credentialNote(hasTokens: boolean, isShown: boolean): string {
  if (hasTokens) {
    return isShown
      ? 'The token is in the program now, and works there until it expires.'
      : 'The program gets a token of its own, with an API key from the environment variable VIRIDIAN_API_KEY.';
  }
  return isShown
    ? 'The primary key is in the program now: handle it as you handle the key.'
    : 'The program reads the key from the environment variable ENDPOINT_KEY. Reveal the keys to put it in.';
}
