import type { Metadata } from 'next';
import { Monitoring } from './_components/monitoring.tsx';

export const metadata: Metadata = { title: 'Monitoring' };

export default async function MonitoringPage({ params }: { params: Promise<{ endpoint: string }> }) {
  const { endpoint } = await params;
  return <Monitoring endpoint={endpoint} />;
}
