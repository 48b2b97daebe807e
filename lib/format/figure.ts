/** A printed number and its unit, apart, because the unit is set smaller. `unit` is '' where there is none. */
export interface FormattedFigure {
  value: string;
  unit: string;
}

/** What stands where nothing was measured. */
export const NO_VALUE = '–';

export const NO_FIGURE: FormattedFigure = { value: NO_VALUE, unit: '' };

/** Figure as running text: `37.2 req/s`, `$1.048/h`. */
export function figureText(figure: FormattedFigure): string {
  if (figure.unit === '') return figure.value;
  return figure.unit.startsWith('/') ? `${figure.value}${figure.unit}` : `${figure.value} ${figure.unit}`;
}
