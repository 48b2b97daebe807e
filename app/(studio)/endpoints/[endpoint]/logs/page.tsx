import type { Metadata } from 'next';
import { EndpointLogs } from './_components/endpoint-logs.tsx';

export const metadata: Metadata = { title: 'Logs' };

export default async function LogsPage({ params }: { params: Promise<{ endpoint: string }> }) {
  const { endpoint } = await params;
  return <EndpointLogs endpoint={endpoint} />;
}
