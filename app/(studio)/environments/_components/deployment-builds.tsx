'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { StatusChip, type Status } from '#components/ui/chip.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { Link } from '#components/ui/link.tsx';
import { Note } from '#components/ui/note.tsx';
import { Section } from '#components/ui/panel.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { EnvironmentDeployment, EnvironmentVersion } from '#lib/contracts/environment.ts';
import { describeUser } from '#lib/format/deployment-user.ts';
import { environmentVersionQuery } from '#lib/queries/environments.ts';
import { operationQuery } from '#lib/queries/operations.ts';
import { rollEnvironment } from '../actions.ts';
import { countOf, wordsOfBehind } from './environment-words.ts';

const STATES: Readonly<Record<EnvironmentDeployment['state'], { status: Status; word: string }>> = {
  current: { status: 'ready', word: 'Newest build' },
  behind: { status: 'degraded', word: 'Behind' },
  rolling: { status: 'updating', word: 'Rolling' },
};

/** Which build every deployment of a version runs, and the button that brings those behind to the newest. */
export function DeploymentBuilds({ data }: { data: EnvironmentVersion }) {
  const [asked, setAsked] = useState<readonly EnvironmentDeployment[] | null>(null);
  const behind = data.deployments.filter(({ state }) => state === 'behind');
  if (data.deployments.length === 0) return null;
  return (
    <Section
      title="Deployments"
      count={data.deployments.length}
      actions={
        behind.length > 0 ? (
          <Button
            variant="primary"
            icon={<RefreshCw size={16} aria-hidden="true" />}
            isDisabled={isMaking(data)}
            onPress={() => setAsked(behind)}
          >
            {behind.length === 1 ? 'Roll to the newest build…' : `Roll ${behind.length} to the newest build…`}
          </Button>
        ) : null
      }
    >
      {behind.length > 0 ? (
        <Note tone="warning" className="mb-3">
          {wordsOfBehind(behind, data.build_number)}
          {isMaking(data) ? ' That one is still being built.' : null}
        </Note>
      ) : null}
      <Table label="Deployments and their builds">
        <thead>
          <tr>
            <HeadCell>Deployment</HeadCell>
            <HeadCell numeric>Build</HeadCell>
            <HeadCell>State</HeadCell>
            <HeadCell>Update</HeadCell>
            <HeadCell>Image</HeadCell>
          </tr>
        </thead>
        <tbody>
          {data.deployments.map((one) => (
            <DeploymentRow key={one.deployment} one={one} canRoll={!isMaking(data)} onRoll={() => setAsked([one])} />
          ))}
        </tbody>
      </Table>
      <RollDialog data={data} asked={asked} onClose={() => setAsked(null)} />
    </Section>
  );
}

const isMaking = ({ builds }: EnvironmentVersion): boolean => builds.some(({ state }) => state === 'building');

interface DeploymentRowProps {
  one: EnvironmentDeployment;
  canRoll: boolean;
  onRoll: () => void;
}

function DeploymentRow({ one, canRoll, onRoll }: DeploymentRowProps) {
  const { href, label } = describeUser(one.deployment);
  return (
    <Row>
      <RowHeader>
        <Link look="object" href={href}>
          {label}
        </Link>
      </RowHeader>
      <Cell numeric>{one.build_number ?? '–'}</Cell>
      <Cell>
        <StatusChip {...STATES[one.state]} />
      </Cell>
      <Cell>
        {one.state === 'rolling' ? <RollProgress one={one} /> : null}
        {one.state === 'behind' ? (
          <Button size="sm" isDisabled={!canRoll} aria-label={`Roll ${label}`} onPress={onRoll}>
            Roll…
          </Button>
        ) : null}
        {one.state === 'current' ? '–' : null}
      </Cell>
      <Cell>
        {one.image_id === null ? (
          '–'
        ) : (
          <code className="font-mono text-xs" title={one.image_id}>
            {one.image_id.replace('sha256:', '').slice(0, 12)}
          </code>
        )}
      </Cell>
    </Row>
  );
}

/** The stage that the update is in, as a link to all of them. */
function RollProgress({ one }: { one: EnvironmentDeployment }) {
  const { data } = useQuery({ ...operationQuery(one.operation_id ?? ''), enabled: one.operation_id !== null });
  if (one.operation_id === null) return null;
  const [, , endpoint = ''] = one.deployment.split('/');
  const stage = data?.stages.find(({ status }) => status === 'running');
  return (
    <Link href={`/endpoints/${endpoint}/operations/${encodeURIComponent(one.operation_id)}`}>
      {stage ? `${stage.name}…` : 'Open the update'}
    </Link>
  );
}

interface RollDialogProps {
  data: EnvironmentVersion;
  asked: readonly EnvironmentDeployment[] | null;
  onClose: () => void;
}

/** What will be replaced and how, before it is. */
function RollDialog({ data, asked, onClose }: RollDialogProps) {
  const client = useQueryClient();
  const rows = asked ?? [];
  const failed = data.builds.some(({ state }) => state === 'failed');
  return (
    <ConfirmDialog
      isOpen={asked !== null}
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
      title={`Roll ${countOf(rows.length, 'deployment')} to build ${data.build_number}?`}
      confirmLabel={`Roll ${countOf(rows.length, 'deployment')}`}
      onConfirm={async () => {
        const paths = rows.map(({ deployment }) => deployment);
        const result = await rollEnvironment(data.name, data.version, paths);
        if (!result.ok) return result.problem;
        await client.invalidateQueries({ queryKey: environmentVersionQuery(data.name, data.version).queryKey });
        toast({ text: `Rolling ${countOf(result.data.items.length, 'deployment')} to build ${data.build_number}` });
        return null;
      }}
    >
      <ul className="mb-3 grid gap-1">
        {rows.map((one) => (
          <li key={one.deployment}>
            {describeUser(one.deployment).label}: build {one.build_number ?? '–'} → {data.build_number}
          </li>
        ))}
      </ul>
      <p>
        Each is updated by an operation of its own, and nothing else of it changes. New instances start beside the old
        ones, which go once the new are ready; where a GPU leaves no room for both, callers wait while each is swapped.
        If the new build does not become ready, the old one goes on.
      </p>
      {failed ? (
        <Note tone="warning" className="mt-3">
          The newest build failed. It is tried again, and what runs stays until it works.
        </Note>
      ) : null}
    </ConfirmDialog>
  );
}
