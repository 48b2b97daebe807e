'use client';

import { Check } from 'lucide-react';
import { AuthModeField } from '#components/endpoints/auth-mode-field.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Link } from '#components/ui/link.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import { Select } from '#components/ui/select.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import type { SectionProps, Wizard } from './use-wizard.ts';
import { WizardSection } from './wizard-section.tsx';

/** The address clients call, new or existing, and the name of the deployment behind it. */
export function EndpointSection({ wizard }: SectionProps) {
  const { form, draft, change, faultOf, isEndpointFixed, facts } = wizard;
  const isEdit = form.edits !== null;
  return (
    <WizardSection
      id="endpoint"
      title="Endpoint"
      lead="The address clients call. It stays the same when deployments behind it change."
    >
      {facts.endpointsProblem ? (
        <ErrorState problem={facts.endpointsProblem} title="The endpoints could not be read" />
      ) : null}
      {isEndpointFixed || facts.endpoints.length === 0 ? null : (
        <div>
          <SegmentedControl
            label="Kind of endpoint"
            options={[
              { id: 'new', label: 'New endpoint' },
              { id: 'existing', label: 'Existing endpoint' },
            ]}
            value={form.endpointIsNew ? 'new' : 'existing'}
            onChange={(kind) => change({ endpointIsNew: kind === 'new', endpointName: null, deploymentName: null })}
          />
        </div>
      )}
      <div className="grid gap-4 md:grid-cols-2">
        <EndpointName wizard={wizard} />
        <TextField
          id="field-deployment-name"
          label={form.endpointIsNew ? 'First deployment' : 'Deployment'}
          hint={isEdit ? 'It is written again under its name.' : 'Its name, and the colour that it keeps for life.'}
          value={draft.deployment}
          onChange={(deploymentName) => change({ deploymentName })}
          error={faultOf('deployment-name')}
          isReadOnly={isEdit}
          autoComplete="off"
          spellCheck="false"
        />
      </div>
      {form.endpointIsNew ? (
        <>
          <TextField
            label="Description"
            hint="Shown in lists. Leave it empty if the name says enough."
            value={form.description}
            onChange={(description) => change({ description })}
            maxLength={4096}
          />
          <AuthModeField value={form.authMode} onChange={(authMode) => change({ authMode })} />
        </>
      ) : null}
    </WizardSection>
  );
}

function EndpointName({ wizard }: { wizard: Wizard }) {
  const { form, draft, change, faultOf, isEndpointFixed, facts } = wizard;
  if (isEndpointFixed) {
    return (
      <div className="grid content-start gap-1.5">
        <span className="text-sm font-medium">Endpoint</span>
        <span className="flex min-h-8 items-center">
          <Link look="object" href={`/endpoints/${encodeURIComponent(draft.endpoint.name)}`}>
            {draft.endpoint.name}
          </Link>
        </span>
      </div>
    );
  }
  if (!form.endpointIsNew) {
    return (
      <Select
        id="field-endpoint-name"
        label="Endpoint"
        placeholder="Choose an endpoint"
        options={facts.endpoints.map(({ name, deployments }) => ({
          id: name,
          label: name,
          detail: deployments.length === 1 ? '1 deployment' : `${deployments.length} deployments`,
        }))}
        value={draft.endpoint.name === '' ? null : draft.endpoint.name}
        onChange={(endpointName) => change({ endpointName, deploymentName: null, takesAllTraffic: null })}
        error={faultOf('endpoint-name')}
      />
    );
  }
  const fault = wizard.nameFault;
  return (
    <TextField
      id="field-endpoint-name"
      label="Name"
      value={draft.endpoint.name}
      onChange={(endpointName) => change({ endpointName })}
      error={faultOf('endpoint-name') ?? (draft.endpoint.name === '' ? null : fault)}
      hint={
        fault === null ? (
          <span className="flex items-center gap-1.25 text-success">
            <Check size={14} aria-hidden="true" />
            <span className="wrap-anywhere">
              free: {facts.gatewayUrl}/{draft.endpoint.name.toLowerCase()}/score
            </span>
          </span>
        ) : (
          'Letters, digits and single dashes; part of the address.'
        )
      }
      autoComplete="off"
      spellCheck="false"
    />
  );
}
