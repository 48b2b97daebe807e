import type { Metadata } from 'next';
import { EndpointSettings } from './_components/endpoint-settings.tsx';

export const metadata: Metadata = { title: 'Settings' };

export default async function SettingsPage({ params }: { params: Promise<{ endpoint: string }> }) {
  const { endpoint } = await params;
  return <EndpointSettings name={endpoint} />;
}
