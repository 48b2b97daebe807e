'use client';

import { RadioGroup } from '#components/ui/radio-group.tsx';
import type { EndpointAuthMode } from '#lib/deployment-yaml/draft.ts';

export interface AuthModeFieldProps {
  value: string;
  onChange: (mode: EndpointAuthMode) => void;
  error?: string | null | undefined;
}

const AUTH_MODES = [
  { id: 'key', label: 'Keys', description: 'Two that last until they are replaced' },
  { id: 'aml_token', label: 'Tokens', description: 'Signed for this endpoint, each good for an hour' },
];

/** What an endpoint is called with. */
export function AuthModeField({ value, onChange, error = null }: AuthModeFieldProps) {
  return (
    <RadioGroup
      label="Called with"
      options={AUTH_MODES}
      value={value}
      onChange={(id) => onChange(id as EndpointAuthMode)}
      error={error}
    />
  );
}
