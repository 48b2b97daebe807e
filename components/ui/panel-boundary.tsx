'use client';

import { Component, type ReactNode } from 'react';
import { problemOf } from '#lib/queries/api-problem.ts';
import { ErrorState } from './error-state.tsx';

interface PanelBoundaryProps {
  /** What failed, for the heading: "Latency". */
  name: string;
  children: ReactNode;
}

/** Keeps a panel's failure inside the panel: the rest of the page goes on. */
export class PanelBoundary extends Component<PanelBoundaryProps, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return (
      <ErrorState
        problem={problemOf(this.state.error)}
        title={`${this.props.name} could not be shown`}
        onRetry={() => this.setState({ error: null })}
      />
    );
  }
}
