'use client';

import { useState } from 'react';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import { type ChosenDraft, planRequests } from '#lib/deployment-yaml/draft-requests.ts';
import { draftToYaml } from '#lib/deployment-yaml/draft-to-yaml.ts';
import { requestsToCurl, uploadsOf } from '#lib/deployment-yaml/requests-to-curl.ts';
import { API_BASE } from '#lib/queries/fetch-json.ts';

/** Apart from the page, because the YAML library comes with it. */
export function ReviewTexts({ draft }: { draft: ChosenDraft }) {
  const [shown, setShown] = useState<'yaml' | 'curl'>('yaml');
  return (
    <div className="grid min-w-0 gap-3">
      <div>
        <SegmentedControl
          label="Form of the review"
          options={[
            { id: 'yaml', label: 'YAML' },
            { id: 'curl', label: 'curl' },
          ]}
          value={shown}
          onChange={setShown}
        />
      </div>
      {shown === 'yaml' ? (
        <CodeBlock label="YAML" code={draftToYaml(draft)} maxHeight="lg" />
      ) : (
        <CodeBlock label="curl commands" code={curlOf(draft)} maxHeight="lg" />
      )}
    </div>
  );
}

/** The calls, in order, against the address that this page came from. */
export function curlOf(draft: ChosenDraft): string {
  return requestsToCurl(planRequests(draft), `${location.origin}${API_BASE}`, uploadsOf(draft));
}
