'use client';

import { createContext, useContext } from 'react';
import { chartsToCsv, type CsvChart } from './chart-csv.ts';

/** Charts of a page, for an export of all of them. @returns takes the chart out again */
export type RegisterChart = (id: string, chart: CsvChart) => () => void;

export interface ChartRegistry {
  register: RegisterChart;
  toCsv(): string;
}

export function createChartRegistry(): ChartRegistry {
  const charts = new Map<string, CsvChart>();
  return {
    register(id, chart) {
      charts.set(id, chart);
      return () => {
        if (charts.get(id) === chart) charts.delete(id);
      };
    },
    toCsv: () => chartsToCsv([...charts.values()]),
  };
}

const RegistryContext = createContext<ChartRegistry>(createChartRegistry());
export const ChartRegistryProvider = RegistryContext.Provider;

export function useChartRegistry(): RegisterChart {
  return useContext(RegistryContext).register;
}
