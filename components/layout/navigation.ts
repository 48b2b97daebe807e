import {
  Box,
  Coins,
  Container,
  Cpu,
  Gauge,
  KeyRound,
  Layers,
  type LucideIcon,
  ShieldCheck,
  Waypoints,
} from 'lucide-react';

export interface NavigationItem {
  href: string;
  label: string;
  icon: LucideIcon;
  /** Chord that opens it. */
  keys: string;
}

export interface NavigationGroup {
  title: string;
  items: readonly NavigationItem[];
}

/** Pages that exist. The rail, the palette and the keyboard map are made from this list. */
export const NAVIGATION: readonly NavigationGroup[] = [
  {
    title: 'Serve',
    items: [
      { href: '/', label: 'Overview', icon: Gauge, keys: 'g o' },
      { href: '/endpoints', label: 'Endpoints', icon: Waypoints, keys: 'g e' },
    ],
  },
  {
    title: 'Build',
    items: [
      { href: '/models', label: 'Models', icon: Box, keys: 'g m' },
      { href: '/environments', label: 'Environments', icon: Layers, keys: 'g n' },
    ],
  },
  { title: 'Observe', items: [{ href: '/cost', label: 'Cost', icon: Coins, keys: 'g c' }] },
  {
    title: 'Admin',
    items: [
      { href: '/instance-types', label: 'Instance types', icon: Cpu, keys: 'g i' },
      { href: '/admin/registries', label: 'Registries', icon: Container, keys: 'g r' },
      { href: '/admin/api-keys', label: 'API keys', icon: KeyRound, keys: 'g k' },
      { href: '/admin/tls', label: 'TLS', icon: ShieldCheck, keys: 'g t' },
    ],
  },
];

export const NAVIGATION_ITEMS = NAVIGATION.flatMap((group) => group.items);

/** Whether a page of the navigation is the one that the path lies under. */
export function isUnder(pathname: string, href: string): boolean {
  return href === '/' ? pathname === '/' : pathname === href || pathname.startsWith(`${href}/`);
}

export interface Crumb {
  label: string;
  href: string;
}

const FORM_LABELS: Readonly<Record<string, string>> = {
  '/endpoints/new': 'New endpoint',
  '/environments/new': 'New environment version',
  '/models/register': 'Register a model',
};

/** Where a path is. Tabs of an object are not places of their own; the last crumb is the page itself. */
export function crumbsOf(pathname: string): Crumb[] {
  const section = NAVIGATION_ITEMS.find((item) => item.href !== '/' && isUnder(pathname, item.href));
  if (!section) return pathname === '/' ? [{ label: 'Overview', href: '/' }] : [];
  const crumbs: Crumb[] = [{ label: section.label, href: section.href }];
  const [name, kind, child] = pathname
    .slice(section.href.length + 1)
    .split('/')
    .map(decodeURIComponent);
  if (!name) return crumbs;
  const form = FORM_LABELS[pathname];
  if (form !== undefined) return [...crumbs, { label: form, href: pathname }];
  const object = `${section.href}/${encodeURIComponent(name)}`;
  crumbs.push({ label: name, href: object });
  if (kind === 'deployments' && child)
    crumbs.push({ label: child === 'new' ? 'New deployment' : child, href: pathname });
  if (kind === 'versions' && child) crumbs.push({ label: `Version ${child}`, href: pathname });
  if (kind === 'operations' && child) crumbs.push({ label: 'Operation', href: pathname });
  return crumbs;
}
