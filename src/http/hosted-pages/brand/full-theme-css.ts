import {
  type Color,
  hex,
  isDark,
  labelOn,
  mix,
  readableOn,
  readColor,
  WHITE,
} from '../../../platform/colors/colors.ts';
import {
  buttonCss,
  cssUrl,
  fontFace,
  linkColors,
  outsideColors,
  type Part,
  part,
} from './css-pieces.ts';

/** Returns the style sheet of an Auth0 theme. The API has validated the theme, so odd values are omitted here. */
export function fullThemeCss(theme: Record<string, unknown>): string {
  const colors = part(theme.colors);
  const page = pageOf(theme);
  const card = cardOf(theme);
  return [
    fontFace(part(theme.fonts).font_url),
    colorsCss(colors, card),
    pageCss(part(theme.page_background), page),
    `:root{${outsideColors([page], readColor(colors.links_focused_components, page) ?? labelOn(page))}}`,
    bordersCss(part(theme.borders)),
    fontsCss(part(theme.fonts)),
    widgetCss(part(theme.widget)),
  ]
    .filter(Boolean)
    .join('\n');
}

function pageOf(theme: Part): Color {
  return readColor(part(theme.page_background).background_color) ?? WHITE;
}

function cardOf(theme: Part): Color {
  return readColor(part(theme.colors).widget_background, pageOf(theme)) ?? WHITE;
}

/** Returns whether the theme's card is dark, in light and dark mode. */
export function isDarkTheme(theme: Part): boolean {
  return isDark(cardOf(theme));
}

function colorsCss(colors: Part, card: Color): string {
  const of = (name: string, fallback: Color) => readColor(colors[name], card) ?? fallback;
  const onCard = (name: string, fallback: Color) => readableOn(card, of(name, fallback));
  const ink = onCard('body_text', labelOn(card));
  const field = of('input_background', card);
  const button = of('primary_button', ink);
  const bad = onCard('error', [163, 40, 47]);
  return [
    `:root{color-scheme:${isDark(card) ? 'dark' : 'light'};--card:${hex(card)};--ink:${hex(ink)};--ink-soft:${hex(ink)};`,
    linkColors(of('links_focused_components', button), card),
    `--line:${hex(of('widget_border', mix(card, ink, 0.15)))};--field:${hex(field)};`,
    // WCAG 2.2, 1.4.11: the border of a field must be visible.
    `--field-line:${hex(readableOn(card, of('input_border', mix(card, ink, 0.5)), 3))};`,
    `--quiet:${hex(mix(card, ink, 0.05))};--sign:${hex(mix(card, button, 0.15))};`,
    `--bad:${hex(bad)};--bad-soft:${hex(mix(card, ink, 0.05))};--good:${hex(onCard('success', ink))}}`,
    `.card h1{color:${hex(onCard('header', ink))}}`,
    `.card label{color:${hex(onCard('input_labels_placeholders', ink))}}`,
    `input{color:${hex(labelOnOr(field, readColor(colors.input_filled_text, field)))}}`,
    buttonCss(button, readColor(colors.primary_button_label, button)),
    `.secondary{color:${hex(onCard('secondary_button_label', ink))};`,
    `border-color:${hex(of('secondary_button_border', mix(card, ink, 0.5)))}}`,
    iconsCss(onCard('icons', ink)),
    focusCss(readColor(colors.base_focus_color, card), card),
    hoverCss(readColor(colors.base_hover_color, card), card),
  ].join('');
}

/** Returns the CSS of icons: the pictures of pages, and the button that shows a password. */
function iconsCss(color: Color): string {
  // Success and failure keep their own color.
  return `.reveal,.sign:not(.sign-good,.sign-oops){color:${hex(color)}}`;
}

/** Returns the CSS of the focus. WCAG 2.2, 2.4.11: the focus must be visible. */
function focusCss(wanted: Color | null, card: Color): string {
  if (wanted === null) return '';
  const color = hex(readableOn(card, wanted, 3));
  return (
    `a:focus-visible,button:focus-visible,input:focus-visible{outline-color:${color}}` +
    `input:focus-visible{border-color:${color};box-shadow:0 0 0 4px ${hex(mix(card, wanted, 0.4))}}`
  );
}

/** Returns the CSS of a light tint on hover, on which texts stay readable. */
function hoverCss(wanted: Color | null, card: Color): string {
  if (wanted === null) return '';
  return `.secondary:hover,.choice:hover,.reveal:hover{background:${hex(mix(card, wanted, 0.08))}}`;
}

function labelOnOr(background: Color, wanted: Color | null): Color {
  return wanted === null ? labelOn(background) : readableOn(background, wanted);
}

function pageCss(background: Part, color: Color): string {
  const image = cssUrl(background.background_image_url);
  const places: Record<string, string> = { left: 'start', right: 'end' };
  const place = places[String(background.page_layout)] ?? 'center';
  const picture = image === null ? '' : ` ${image} center/cover no-repeat fixed`;
  // On narrow screens, the card is the page.
  return (
    `html{background:${hex(color)}}` +
    `@media (min-width:30.01rem){.page{background:${hex(color)}${picture};justify-items:${place}}}`
  );
}

function bordersCss(borders: Part): string {
  const radius = (style: unknown, length: unknown) =>
    style === 'pill' ? '999px' : style === 'sharp' ? '0' : `${clamp(length, 0, 50, 3)}px`;
  const shadow = borders.show_widget_shadow === false ? 'box-shadow:none;' : '';
  return (
    `@media (min-width:30.01rem){.card{${shadow}border-width:${clamp(borders.widget_border_weight, 0, 10, 1)}px;` +
    `border-radius:${clamp(borders.widget_corner_radius, 0, 50, 5)}px}}` +
    `input{border-width:${clamp(borders.input_border_weight, 1, 3, 1)}px;` +
    `border-radius:${radius(borders.inputs_style, borders.input_border_radius)}}` +
    `.primary{border-width:${clamp(borders.button_border_weight, 0, 10, 1)}px;` +
    `border-radius:${radius(borders.buttons_style, borders.button_border_radius)}}`
  );
}

function fontsCss(fonts: Part): string {
  const reference = clamp(fonts.reference_text_size, 12, 24, 16);
  // Phones zoom in on a field with text below 16 pixels. Below 70 percent, text is not readable.
  const font = (selector: string, wanted: unknown, bold = 650, plain = 400) => {
    const { size, bold: isBold } = part(wanted);
    const weight = isBold === true ? bold : plain;
    return `${selector}{font-size:${clamp(size, 70, 150, 100) / 100}em;font-weight:${weight}}`;
  };
  const line = fonts.links_style === 'normal' ? 'none' : 'underline';
  return [
    `html{font-size:${reference}px}`,
    `h1{font-size:${(clamp(part(fonts.title).size, 75, 150, 150) / 100) * 1.17}rem;font-weight:${part(fonts.title).bold === true ? 700 : 450}}`,
    font('.lead', fonts.subtitle),
    font('.aside,.hints,.rules', fonts.body_text),
    font('.primary', fonts.buttons_text),
    font('label', fonts.input_labels),
    `a{text-decoration-line:${line};font-weight:${part(fonts.links).bold === true ? 650 : 'inherit'};`,
    `font-size:${clamp(part(fonts.links).size, 70, 150, 100) / 100}em}`,
    // A link without an underline must be recognizable on hover and focus.
    'a:hover,a:focus-visible{text-decoration-line:underline}',
  ].join('');
}

function widgetCss(widget: Part): string {
  const places: Record<string, string> = {
    left: 'flex-start',
    right: 'flex-end',
    center: 'center',
  };
  const place = places[String(widget.logo_position)];
  const header = String(widget.header_text_alignment);
  return [
    widget.logo_position === 'none'
      ? '.brand-logo,.brand-mark{display:none}'
      : place && `.brand{justify-content:${place}}`,
    `.brand-logo{height:${clamp(widget.logo_height, 1, 100, 52)}px;max-width:100%}`,
    header in places && `h1,.lead{text-align:${header}}`,
  ]
    .filter(Boolean)
    .join('');
}

function clamp(value: unknown, least: number, most: number, fallback: number): number {
  return typeof value === 'number' && Number.isFinite(value)
    ? Math.min(most, Math.max(least, value))
    : fallback;
}
