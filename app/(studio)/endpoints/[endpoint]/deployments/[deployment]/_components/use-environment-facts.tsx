'use client';

import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from '#components/ui/link.tsx';
import type { Deployment } from '#lib/contracts/deployment.ts';
import type { EnvironmentVersion } from '#lib/contracts/environment.ts';
import { environmentVersionQuery, parseEnvironmentReference } from '#lib/queries/environments.ts';

interface Fact {
  term: string;
  value: ReactNode;
}

/** What the deployment runs in: its environment, the image that was pinned, and what of it differs from the image. */
export function useEnvironmentFacts(deployment: Deployment): Fact[] {
  const reference = parseEnvironmentReference(deployment.environment);
  const { data } = useQuery({
    ...environmentVersionQuery(reference?.name ?? '', reference?.version ?? ''),
    enabled: reference !== null,
  });
  return [
    ...(reference
      ? [
          {
            term: 'Environment',
            value: (
              <Link
                href={`/environments/${encodeURIComponent(reference.name)}/versions/${encodeURIComponent(reference.version)}`}
              >
                {`${reference.name}, version ${reference.version}`}
              </Link>
            ),
          },
        ]
      : []),
    ...(data ? imageFacts(data, deployment) : []),
    ...programFacts(deployment),
  ];
}

function imageFacts(version: EnvironmentVersion, { endpoint_name: endpoint, name }: Deployment): Fact[] {
  const { image, builds, deployments, build_number: newest } = version;
  const run = deployments.find(({ deployment }) => deployment === `/endpoints/${endpoint}/deployments/${name}`);
  const built = builds.find(({ image_id: id }) => id !== null && id === run?.image_id);
  const pinned = built?.digest ?? run?.image_id;
  return [
    ...(image === undefined ? [] : [{ term: 'Image', value: <Code>{image}</Code> }]),
    ...(pinned ? [{ term: 'Pinned', value: <Code>{pinned}</Code> }] : []),
    ...(run?.build_number == null
      ? []
      : [
          {
            term: 'Build',
            value: (
              <Build version={version} number={run.build_number} isBehind={run.state === 'behind'} newest={newest} />
            ),
          },
        ]),
  ];
}

interface BuildProps {
  version: EnvironmentVersion;
  number: number;
  isBehind: boolean;
  newest: number;
}

function Build({ version: { name, version }, number, isBehind, newest }: BuildProps) {
  if (!isBehind) return number;
  return (
    <>
      {number}; the newest is {newest}.{' '}
      <Link href={`/environments/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`}>Roll to it</Link>
    </>
  );
}

function programFacts({ command, model_mount_path: mountPath, container }: Deployment): Fact[] {
  return [
    ...(command ? [{ term: 'Command', value: <Code>{command.join(' ')}</Code> }] : []),
    ...(mountPath === undefined ? [] : [{ term: 'Model mounted at', value: <Code>{mountPath}</Code> }]),
    ...(container?.user === undefined ? [] : [{ term: 'User', value: container.user }]),
    ...(container?.read_only_root === false ? [{ term: 'Root file system', value: 'can be written' }] : []),
  ];
}

function Code({ children }: { children: string }) {
  return <code className="font-mono text-xs wrap-anywhere">{children}</code>;
}
