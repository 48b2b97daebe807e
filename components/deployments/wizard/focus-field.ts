const CONTROLS = 'input, select, textarea, button';

/**
 * Brings a field of the page into view and puts the focus on it, also where it is folded away.
 * @param field as in `field-<field>`, the id of its place
 * @returns whether the page has it
 */
export function focusField(field: string): boolean {
  const place = document.getElementById(`field-${field}`);
  if (place === null) return false;
  const fold = place.closest('details');
  if (fold) fold.open = true;
  const input = place.matches(CONTROLS) ? place : place.querySelector<HTMLElement>(CONTROLS);
  (input ?? place).focus();
  place.scrollIntoView({ block: 'center' });
  return true;
}
