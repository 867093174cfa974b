/** Colours of the dashboard: told apart by people who see red and green alike (Okabe and Ito's palette), on white. */
import type { JsonObject } from './fields.ts';

/** QuickSight API, `ThemeConfiguration` */
export const THEME: JsonObject = {
  DataColorPalette: {
    Colors: ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#56B4E9', '#E69F00', '#5D5A57', '#8C6BB1'],
    // From nothing to much: a heat map of bounces is pale where all is well.
    MinMaxGradient: ['#F4F1EC', '#B2401B'],
    EmptyFillColor: '#FFFFFF',
  },
  UIColorPalette: {
    PrimaryForeground: '#1C1B1A',
    PrimaryBackground: '#FFFFFF',
    SecondaryForeground: '#5D5A57',
    SecondaryBackground: '#F4F1EC',
    Danger: '#B2401B',
    Warning: '#E69F00',
    Success: '#009E73',
  },
};
