/**
 * Light, dark, or what the system says.
 */

import { signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'panproto-playground-theme';
const ORDER: readonly Theme[] = ['system', 'light', 'dark'];

export const theme = signal<Theme>(kept());

export function nextTheme(): void {
  theme.value = ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length] ?? 'system';
  apply();
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // It is only for this visit then.
  }
}

export function apply(): void {
  const { dataset } = document.documentElement;
  if (theme.value === 'system') delete dataset['theme'];
  else dataset['theme'] = theme.value;
}

function kept(): Theme {
  try {
    const found = localStorage.getItem(KEY);
    return ORDER.find((one) => one === found) ?? 'system';
  } catch {
    return 'system';
  }
}
